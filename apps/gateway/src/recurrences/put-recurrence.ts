import {
  compileSchema,
  Failure,
  RecurrenceBodySchema,
  signals,
  type DataAnswer,
  type Recurrence,
  type RecurrenceBody,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checkRecurrence, planOccurrences, type RecurrencePlace } from '@nightshift/workflow-core';
import { actsAs, requestedBy, type Asked } from '../door/asked.ts';
import { checked, refusal } from '../door/checked.ts';
import type { AskData } from '../things/ask-data.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters } from '../workflows/startable-workflow.ts';
import { recurrenceView } from './recurrence-view.ts';

export interface PutRecurrenceDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
  askData: AskData;
  nowMs: () => number;
}

const checkBody = compileSchema(RecurrenceBodySchema);

/**
 * Sets or replaces a recurrence. One that is set with the same body again keeps its plan.
 * @throws Failure `request.invalid`, `recurrence.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`,
 * `thing.not_found`, `type.not_found`, `data.unavailable`
 */
export const makePutRecurrence =
  ({ ledger, bus, published, askData, nowMs }: PutRecurrenceDeps) =>
  async (place: RecurrencePlace, body: unknown, asked: Asked): Promise<Recurrence> => {
    const { paused, ...given } = checked(checkBody, body ?? {});
    const violations = checkRecurrence(given);
    if (violations.length > 0) throw refusal('recurrence.invalid', violations);
    const workflow = published.get(place.workflow) ?? (await published.load(place.workflow));
    const parameters = checkParameters(workflow, given.parameters ?? {}, '/parameters');
    const spec: RecurrenceBody = { ...given, parameters };
    const now = nowMs();
    const [first] = planOccurrences(place, spec, new Date(now), 1);
    if (first === undefined) throw refusal('recurrence.invalid', [{ pointer: '', detail: 'never occurs' }]);
    await assertThing(askData, spec, asked);
    const row = await ledger.recurrences.put(place.workflow, place.key, spec, first.plannedAt, {
      dueAt: first.dueAt,
      ...(paused !== undefined && { paused }),
      ...requestedBy(asked),
      ...(spec.version === 'pinned' && { workflowVersion: workflow.version }),
    });
    bus.send(signals.timers, { dueAt: first.dueAt.toISOString() });
    return recurrenceView(row, now);
  };

const assertThing = async (askData: AskData, { thing }: RecurrenceBody, asked: Asked): Promise<void> => {
  if (thing === undefined) return;
  const found = await askData<DataAnswer>({ action: 'get', ...thing, ...actsAs(asked) });
  if (found !== null) return;
  const detail = `There is no ${thing.type} with the id ${thing.id}`;
  throw new Failure('thing.not_found', { detail, errors: [{ pointer: '/thing', detail: 'is not there' }] });
};
