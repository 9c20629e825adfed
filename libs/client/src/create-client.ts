import { followEvents, type FollowedEvent, type FollowOptions } from './events/follow-events.ts';
import { makeChains } from './parts/chains.ts';
import { makeDeadLetters } from './parts/dead-letters.ts';
import { makeEndpoint } from './parts/endpoint.ts';
import { makeEvaluations } from './parts/evaluations.ts';
import { makeEventSources } from './parts/event-sources.ts';
import { makeFiles } from './parts/files.ts';
import { makeFlows } from './parts/flows.ts';
import { makeImports } from './parts/imports.ts';
import { makeLists } from './parts/lists.ts';
import { makeMailbox } from './parts/mailbox.ts';
import { makeProgress } from './parts/progress.ts';
import { makeRecurrences } from './parts/recurrences.ts';
import { makeRuns } from './parts/runs.ts';
import { makeSchedules } from './parts/schedules.ts';
import { makeSecrets } from './parts/secrets.ts';
import { makeSendEvents } from './parts/send-events.ts';
import { makeThings } from './parts/things.ts';
import { makeChanges } from './parts/changes.ts';
import { makeTypes } from './parts/types.ts';
import { makeReceivedEvents } from './parts/received-events.ts';
import { makeWebhooks } from './parts/webhooks.ts';
import { makeWorkflows } from './parts/workflows.ts';
import { makeHttp, type ClientOptions } from './transport/http.ts';

/**
 * A client of one deployment. Needs nothing but `fetch`: Node 20 and newer, browsers, edge runtimes. Every method throws
 * `NightshiftError` for what the platform refuses.
 */
export const createClient = (options: ClientOptions) => {
  const http = makeHttp(options);
  return {
    changes: makeChanges(http),
    types: makeTypes(http),
    things: makeThings(http),
    imports: makeImports(http),
    workflows: makeWorkflows(http),
    runs: makeRuns(http),
    schedules: makeSchedules(http),
    lists: makeLists(http),
    recurrences: makeRecurrences(http),
    flows: makeFlows(http),
    evaluations: makeEvaluations(http),
    eventSources: makeEventSources(http),
    receivedEvents: makeReceivedEvents(http),
    webhooks: makeWebhooks(http),
    files: makeFiles(http),
    secrets: makeSecrets(http),
    mailbox: makeMailbox(http),
    deadLetters: makeDeadLetters(http),
    chains: makeChains(http),
    progress: makeProgress(http),
    /** Run events as they happen, each once and in order per run, over however many connections it takes. */
    events: (follow: FollowOptions = {}): AsyncIterable<FollowedEvent> => followEvents(http, follow),
    ...makeSendEvents(http),
    /** Calls an exposed workflow. */
    wf: makeEndpoint(http),
  };
};

export type Client = ReturnType<typeof createClient>;
