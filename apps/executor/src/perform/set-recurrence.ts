import { signals, type Caller, type RecurrenceBody, type Violation } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checkRecurrence, planOccurrences } from '@nightshift/workflow-core';
import type { Definitions } from '../definitions.ts';
import { failedWith } from './failed.ts';
import type { Perform, Performed } from './performed.ts';
import { findStart } from './start.ts';

export interface PerformSetRecurrenceDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  bus: Pick<Bus, 'send'>;
  definitions: Definitions;
}

/** How many planned moments the result shows, as REST does. */
const SHOWN = 10;

/** Sets, replaces or ends a recurrence. One that ended before ends again without a failure: the wish is fulfilled. */
export const makePerformSetRecurrence =
  (deps: PerformSetRecurrenceDeps): Perform<'setRecurrence'> =>
  async ({ workflow, key, spec }, { requested }) => {
    if (spec) return setRecurrence(deps, workflow, key, spec, requested.requestedBy);
    await deps.ledger.recurrences.remove(workflow, key);
    return completed(workflow, key, []);
  };

const setRecurrence = async (
  { ledger, bus, definitions }: PerformSetRecurrenceDeps,
  workflow: string,
  key: string,
  { paused, ...given }: RecurrenceBody,
  requestedBy: Caller | undefined,
): Promise<Performed> => {
  const violations = checkRecurrence(given);
  if (violations.length > 0) return refused(key, violations);
  const found = await findStart(definitions, workflow, given.parameters ?? {});
  if ('refused' in found) return found.refused;
  const spec: RecurrenceBody = { ...given, parameters: found.parameters };
  const next = planOccurrences({ workflow, key }, spec, new Date(), SHOWN);
  const [first] = next;
  if (first === undefined) return refused(key, [{ pointer: '', detail: 'never occurs' }]);
  await ledger.recurrences.put(workflow, key, spec, first.plannedAt, {
    dueAt: first.dueAt,
    ...(requestedBy && { requestedBy }),
    ...(paused !== undefined && { paused }),
    ...(spec.version === 'pinned' && { workflowVersion: found.definition.version }),
  });
  bus.send(signals.timers, { dueAt: first.dueAt.toISOString() });
  return completed(
    workflow,
    key,
    next.map(({ plannedAt }) => plannedAt),
  );
};

const completed = (workflow: string, key: string, next: readonly Date[]): Performed => ({
  outcome: { kind: 'completed', result: { workflow, key, next: next.map((moment) => moment.toISOString()) } },
});

const refused = (key: string, errors: Violation[]): Performed =>
  failedWith('recurrence.invalid', { detail: `The recurrence "${key}" is not valid`, errors });
