import {
  compileSchema,
  Failure,
  RecurrenceBodySchema,
  signals,
  type Recurrence,
  type RecurrenceBody,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checkRecurrence, nextOccurrences } from '@nightshift/workflow-core';
import { checked, refusal } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters } from '../workflows/startable-workflow.ts';

export interface RecurrenceHandlersDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
  nowMs: () => number;
}

/** How many planned moments an answer shows. */
const SHOWN = 10;

const checkBody = compileSchema(RecurrenceBodySchema);

/** A recurrence's place: its workflow, and its key within it. */
export interface RecurrencePlace {
  workflow: string;
  key: string;
}

const notFound = ({ workflow, key }: RecurrencePlace): Failure =>
  new Failure('recurrence.not_found', { detail: `Workflow "${workflow}" has no recurrence "${key}"` });

const view = ({ workflow, key }: RecurrencePlace, spec: RecurrenceBody, next: Date[]): Recurrence => ({
  workflow,
  key,
  ...spec,
  next: next.map((moment) => moment.toISOString()),
});

export const makeRecurrenceHandlers = ({ ledger, bus, published, nowMs }: RecurrenceHandlersDeps) => ({
  /**
   * Sets or replaces a recurrence.
   * @throws Failure `request.invalid`, `recurrence.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`
   */
  put: async (place: RecurrencePlace, body: unknown): Promise<Recurrence> => {
    const given = checked(checkBody, body ?? {});
    const violations = checkRecurrence(given);
    if (violations.length > 0) throw refusal('recurrence.invalid', violations);
    const workflow = published.get(place.workflow) ?? (await published.load(place.workflow));
    const parameters = checkParameters(workflow, given.parameters ?? {}, '/parameters');
    const spec: RecurrenceBody = { ...given, parameters };
    const next = nextOccurrences(spec, new Date(nowMs()), SHOWN);
    const [first] = next;
    if (first === undefined) throw refusal('recurrence.invalid', [{ pointer: '', detail: 'never occurs' }]);
    await ledger.recurrences.put(place.workflow, place.key, spec, first);
    bus.send(signals.timers, { dueAt: first.toISOString() });
    return view(place, spec, next);
  },

  /** @throws Failure `recurrence.not_found` */
  get: async (place: RecurrencePlace): Promise<Recurrence> => {
    const row = await ledger.recurrences.find(place.workflow, place.key);
    if (row === undefined) throw notFound(place);
    return view(place, row.spec, nextOccurrences(row.spec, new Date(nowMs()), SHOWN));
  },

  /** Ends a recurrence; runs that it has started go on. @throws Failure `recurrence.not_found` */
  remove: async (place: RecurrencePlace): Promise<void> => {
    if (!(await ledger.recurrences.remove(place.workflow, place.key))) throw notFound(place);
  },
});

export type RecurrenceHandlers = ReturnType<typeof makeRecurrenceHandlers>;
