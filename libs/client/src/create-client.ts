import type { AnyDeployment, Deployment, ParametersOf, ResultOf, WithParameters, WorkflowOf } from './deployment.ts';
import { makeGroupHandles, type ListHandle } from './handles/group-handles.ts';
import { makeRunHandle, type RunHandle, type ScheduleHandle } from './handles/run-handle.ts';
import { makeAudit } from './parts/audit.ts';
import { makeChains } from './parts/chains.ts';
import { makeDeadLetters } from './parts/dead-letters.ts';
import { makeEndpoint, type Endpoint } from './parts/endpoint.ts';
import { makeEndpoints } from './parts/endpoints.ts';
import { makeEvaluations } from './parts/evaluations.ts';
import { makeEventSources } from './parts/event-sources.ts';
import { makeEvents } from './parts/events.ts';
import { makeFiles } from './parts/files.ts';
import { makeFlows } from './parts/flows.ts';
import { makeImports } from './parts/imports.ts';
import { makeIssuers } from './parts/issuers.ts';
import { makeKeys } from './parts/keys.ts';
import { makeLists, type CreateListFor } from './parts/lists.ts';
import { makeMailbox } from './parts/mailbox.ts';
import { makePlatform } from './parts/platform.ts';
import { makeProgress } from './parts/progress.ts';
import { makeRecurrences } from './parts/recurrences.ts';
import { makeRuns } from './parts/runs.ts';
import { makeSchedules, type ScheduleFor } from './parts/schedules.ts';
import { makeSecrets } from './parts/secrets.ts';
import { makeSendEvents } from './parts/send-events.ts';
import { makeThings } from './parts/things.ts';
import { makeChanges } from './parts/changes.ts';
import { makeTypes } from './parts/types.ts';
import { makeReceivedEvents } from './parts/received-events.ts';
import { makeWebhooks } from './parts/webhooks.ts';
import { makeWorkflows } from './parts/workflows.ts';
import { makeHttp, type ClientOptions, type Http, type Repeatable } from './transport/http.ts';

/**
 * Opens a client of one deployment. Needs nothing but `fetch`: Node 22 and newer, browsers, edge runtimes. What is asked for is tried again by itself
 * when no answer came, and done once. Every method throws `NightshiftError`.
 *
 * `createClient<MyDeployment>` knows the deployment's workflows and types; `generateTypes` of `@nightshift/client/types` writes that down.
 */
export const createClient = <D extends Deployment = AnyDeployment>(options: ClientOptions): Client<D> => ({
  ...makeParts<D>(makeHttp(options)),
  with: (other) => createClient<D>({ ...options, ...other }),
});

const makeParts = <D extends Deployment>(http: Http) => {
  const [runs, schedules, lists] = [makeRuns<D>(http), makeSchedules<D>(http), makeLists<D>(http)];
  const [chains, imports, progress] = [makeChains(http), makeImports(http), makeProgress(http)];
  const run = makeRunHandle({ http, runs, progress });
  const groups = makeGroupHandles({ progress, lists, chains, imports });

  return {
    /** Starts a run, and hands over what to wait for it with. */
    start: async <W extends WorkflowOf<D>>(
      workflow: W,
      ...more: WithParameters<ParametersOf<D, W>, Repeatable>
    ): Promise<RunHandle<ResultOf<D, W>>> => run((await runs.start<W>(workflow, ...more)).runId),
    /** Schedules a run, `at` a moment or `in` a while. With a `key`, one that waits under it is changed instead. */
    schedule: async <W extends WorkflowOf<D>>(
      workflow: W,
      schedule: ScheduleFor<ParametersOf<D, W>>,
      more?: Repeatable,
    ): Promise<ScheduleHandle<ResultOf<D, W>>> => {
      const { scheduleId, runId, dueAt } = await schedules.create(workflow, schedule, more);
      const move: ScheduleHandle['move'] = (to, how) => schedules.move(scheduleId, to, how);
      return { ...run<ResultOf<D, W>>(runId), scheduleId, dueAt, move };
    },
    /** Starts one run for each item: those given, those made by an async iterable, or those found. */
    startList: async <W extends WorkflowOf<D>>(
      workflow: W,
      list: CreateListFor<ParametersOf<D, W>>,
      more?: Repeatable,
    ): Promise<ListHandle & { readonly total: number }> => {
      const { listId, total } = await lists.create(workflow, list, more);
      return { ...groups.list(listId), total };
    },
    /** Handles to what is there already. */
    handles: { run, ...groups },

    changes: makeChanges(http),
    types: makeTypes(http),
    things: makeThings<D>(http),
    imports,
    workflows: makeWorkflows(http),
    runs,
    schedules,
    lists,
    recurrences: makeRecurrences<D>(http),
    flows: makeFlows(http),
    evaluations: makeEvaluations(http),
    eventSources: makeEventSources(http),
    receivedEvents: makeReceivedEvents(http),
    webhooks: makeWebhooks(http),
    files: makeFiles(http),
    audit: makeAudit(http),
    keys: makeKeys(http),
    issuers: makeIssuers(http),
    secrets: makeSecrets(http),
    mailbox: makeMailbox(http),
    deadLetters: makeDeadLetters(http),
    chains,
    progress,
    platform: makePlatform(http),
    /** Run events as they happen, each once and in order per run, over however many connections it takes. */
    events: makeEvents(http),
    ...makeSendEvents(http),
    /** Calls an exposed workflow. */
    wf: makeEndpoint(http) as Endpoint<D>,
    endpoints: makeEndpoints(http),
  };
};

type Parts<D extends Deployment> = ReturnType<typeof makeParts<D>>;

/** A client of one deployment, of which `D` says what there is. */
export interface Client<D extends Deployment = AnyDeployment> extends Parts<D> {
  /** The same client with other options: as another user, with more patience, without retries, ended by a signal. */
  with(other: Partial<ClientOptions>): Client<D>;
}
