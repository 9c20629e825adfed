import type { RecurrenceBody, RunRequested } from '@nightshift/contracts';
import { checkRecurrence, planOccurrences, settleOccurrences } from '@nightshift/workflow-core';
import type { Clock, Planned } from '../clock.ts';
import type { Definitions } from '../definitions.ts';
import { startable } from '../effects/performers.ts';
import { hasEnded, type RequestedRun, type RunRecord } from '../runs/run-record.ts';

export interface RecurrencesDeps {
  clock: Clock;
  newId: () => string;
  definitions: Definitions;
  start: (run: RequestedRun) => RunRecord;
  cancel: (run: RunRecord) => void;
}

const SHOWN = 10;

interface Recurrence {
  spec: RecurrenceBody;
  next?: Planned;
  previous?: RunRecord;
  queued: Date[];
}

/** Workflows that are started again and again. */
export interface Recurrences {
  /** Sets, replaces or, with null, ends a recurrence. @returns its next planned moments @throws Error for a plan that is wrong */
  set(workflow: string, key: string, spec: RecurrenceBody | null): Date[];
}

export const makeRecurrences = ({ clock, newId, definitions, start, cancel }: RecurrencesDeps): Recurrences => {
  const recurrences = new Map<string, Recurrence>();

  const begin = (workflow: string, key: string, recurrence: Recurrence, plannedAt: Date): void => {
    const { definition, parameters } = startable(definitions, workflow, recurrence.spec.parameters ?? {});
    const runId = newId();
    const requested: RunRequested = {
      workflow,
      workflowVersion: definition.version,
      parameters,
      cause: { kind: 'recurrence', key, plannedAt: plannedAt.toISOString() },
      chainId: runId,
      iteration: 1,
      depth: 0,
    };
    recurrence.previous = start({ runId, requested });
    recurrence.previous.onEnd.push(() => {
      const queued = recurrence.queued.shift();
      if (queued) begin(workflow, key, recurrence, queued);
    });
  };

  const planNext = (workflow: string, key: string, recurrence: Recurrence, after: Date): void => {
    const { spec } = recurrence;
    const [moment] = planOccurrences({ workflow, key }, spec, after, 1);
    if (moment === undefined) return;
    recurrence.next = clock.plan(moment.dueAt.getTime(), () => {
      planNext(workflow, key, recurrence, moment.plannedAt);
      const { previous, queued } = recurrence;
      const isPreviousOpen = previous !== undefined && !hasEnded(previous);
      const [settled] = settleOccurrences(spec, {
        moments: [moment],
        isBehind: false,
        now: clock.now(),
        isPaused: spec.paused ?? false,
        isPublished: true,
        isPreviousOpen,
        hasQueue: queued.length > 0,
      });
      if (settled?.outcome === 'queued') queued.push(moment.plannedAt);
      if (settled?.outcome !== 'fired') return;
      if (isPreviousOpen && spec.overlap === 'cancelPrevious') cancel(previous);
      begin(workflow, key, recurrence, moment.plannedAt);
    });
  };

  return {
    set: (workflow, key, spec) => {
      const name = `${workflow} ${key}`;
      recurrences.get(name)?.next?.cancel();
      recurrences.delete(name);
      if (spec === null) return [];
      const violations = checkRecurrence(spec);
      if (violations.length > 0)
        throw new Error(
          `The recurrence "${key}" is not valid: ${violations.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`,
        );
      const recurrence: Recurrence = { spec, queued: [] };
      recurrences.set(name, recurrence);
      planNext(workflow, key, recurrence, clock.now());
      return planOccurrences({ workflow, key }, spec, clock.now(), SHOWN).map(({ plannedAt }) => plannedAt);
    },
  };
};
