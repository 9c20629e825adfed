import { randomUUID } from 'node:crypto';
import { asFailure, Failure } from '@nightshift/contracts';
import { derivedId, type EventReplay, type RequestedRun, type UnmatchedEvent } from '@nightshift/ledger';
import { eventScope, matchEventTrigger, type EvaluationEnv, type EventView } from '@nightshift/workflow-core';
import { tooDeep } from '../changes/too-deep.ts';
import type { EventTriggerIndex, PublishedEventTrigger } from './event-trigger-index.ts';

export interface EventMatches {
  runs: RequestedRun[];
  /** Workflows that cannot be started, or whose condition could not be evaluated. */
  failed: { workflow: string; failure: Failure }[];
}

/** What an event, or its replay, starts. The clock in its triggers is the moment when it was taken in, or replayed, so that a repeat decides the same. */
export const matchEvent = async (
  event: UnmatchedEvent | EventReplay,
  triggers: EventTriggerIndex,
  at: string,
): Promise<EventMatches> => {
  const env: EvaluationEnv = { now: event.receivedAt, random: Math.random, uuid: randomUUID };
  const { id, source, type, subject, time, data } = event;
  const view: EventView = { id, source, type, subject, time, data };
  const matches: EventMatches = { runs: [], failed: [] };
  for (const trigger of triggers.of(type)) {
    const { workflow } = trigger;
    try {
      if (!(await matchEventTrigger(trigger.compiled, view, env))) continue;
      const run = await eventRun(event, view, trigger, env, at);
      if (run instanceof Failure) matches.failed.push({ workflow, failure: run });
      else matches.runs.push(run);
    } catch (error) {
      matches.failed.push({ workflow, failure: asFailure(error) });
    }
  }
  return matches;
};

/** The run that an event starts. However often it is made of the same event, its id is the same. */
const eventRun = async (
  event: UnmatchedEvent | EventReplay,
  view: EventView,
  { workflow, workflowVersion, compiled, check, depthLimit }: PublishedEventTrigger,
  env: EvaluationEnv,
  at: string,
): Promise<RequestedRun | Failure> => {
  const { receivedAt, emittedBy } = event;
  const replay = 'replayId' in event ? event.replayId : undefined;
  const given = compiled.parameters === undefined ? {} : await compiled.parameters(eventScope(view), env);
  const parameters = check(given);
  if (!parameters.ok) {
    const errors = parameters.violations;
    return new Failure('parameters.invalid', {
      detail: `The event does not give what workflow "${workflow}" needs: ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`,
      errors,
    });
  }
  const cause = replay === undefined ? ['event', view.source, view.id] : ['event replay', replay];
  const runId = derivedId(receivedAt.getTime(), ...cause, workflow, compiled.index);
  const depth = emittedBy === undefined ? 0 : emittedBy.depth + 1;
  return {
    runId,
    at,
    ...(depth > depthLimit && { held: tooDeep(depth, depthLimit) }),
    requested: {
      workflow,
      workflowVersion,
      parameters: parameters.value as Record<string, unknown>,
      cause: { kind: 'event', source: view.source, eventId: view.id, ...(replay !== undefined && { replay }) },
      chainId: runId,
      iteration: 1,
      depth,
      ...(emittedBy && { parentRunId: emittedBy.runId }),
      trigger: { event: view },
    },
  };
};
