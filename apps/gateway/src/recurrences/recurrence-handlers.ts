import {
  compileSchema,
  Failure,
  OccurrencesQuerySchema,
  PreviewBodySchema,
  signals,
  type Page,
  type Recurrence,
  type RecurrenceOccurrence,
  type RecurrencePreview,
} from '@nightshift/contracts';
import { checkRecurrence, nextOccurrences, type RecurrencePlace } from '@nightshift/workflow-core';
import { checked, refusal, within } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { makePutRecurrence, type PutRecurrenceDeps } from './put-recurrence.ts';
import { makeSearchRecurrences } from './search-recurrences.ts';
import { isoTimes, recurrenceView, SHOWN } from './recurrence-view.ts';

const checkQuery = compileSchema(OccurrencesQuerySchema);
const checkPreview = compileSchema(PreviewBodySchema);

const LIMIT_DEFAULT = 50;

const notFound = ({ workflow, key }: RecurrencePlace): Failure =>
  new Failure('recurrence.not_found', { detail: `Workflow "${workflow}" has no recurrence "${key}"` });

export const makeRecurrenceHandlers = (deps: PutRecurrenceDeps) => {
  const { ledger, bus, nowMs } = deps;
  const setPaused = async (place: RecurrencePlace, isPaused: boolean): Promise<Recurrence> => {
    const row = await ledger.recurrences.setPaused(place.workflow, place.key, isPaused);
    if (row === undefined) throw notFound(place);
    if (row.dueAt !== null && !isPaused) bus.send(signals.timers, { dueAt: row.dueAt.toISOString() });
    return recurrenceView(row, nowMs());
  };

  return {
    put: makePutRecurrence(deps),

    /** @throws Failure `recurrence.not_found` */
    get: async (place: RecurrencePlace): Promise<Recurrence> => {
      const row = await ledger.recurrences.find(place.workflow, place.key);
      if (row === undefined) throw notFound(place);
      return recurrenceView(row, nowMs());
    },

    search: makeSearchRecurrences(deps),

    /** Ends a recurrence; runs that it has started go on. @throws Failure `recurrence.not_found` */
    remove: async (place: RecurrencePlace): Promise<void> => {
      if (!(await ledger.recurrences.remove(place.workflow, place.key))) throw notFound(place);
    },

    /** No run is started until it is resumed. @throws Failure `recurrence.not_found` */
    pause: (place: RecurrencePlace): Promise<Recurrence> => setPaused(place, true),

    /** Moments of the pause are not made up for. @throws Failure `recurrence.not_found` */
    resume: (place: RecurrencePlace): Promise<Recurrence> => setPaused(place, false),

    /** What became of the planned moments, the newest first, also of a recurrence that has ended. @throws Failure `recurrence.not_found` */
    occurrences: async (
      place: RecurrencePlace,
      query: Record<string, string | string[] | undefined>,
    ): Promise<Page<RecurrenceOccurrence>> => {
      const { workflow, key } = place;
      const { limit = LIMIT_DEFAULT, cursor } = checked(checkQuery, coerceQuery(query, OccurrencesQuerySchema));
      const before = cursor === undefined ? undefined : new Date(cursor);
      const page = await ledger.recurrences.occurrences(workflow, key, limit, before);
      const isUnknown = page.items.length === 0 && before === undefined;
      if (isUnknown && (await ledger.recurrences.find(workflow, key)) === undefined) throw notFound(place);
      return page;
    },

    /** When a recurrence would run, without setting it. @throws Failure `request.invalid`, `recurrence.invalid` */
    preview: (body: unknown): RecurrencePreview => {
      const { spec, count = SHOWN, from } = checked(checkPreview, body ?? {});
      const violations = checkRecurrence(spec);
      if (violations.length > 0) throw refusal('recurrence.invalid', within('/spec', violations));
      const after = from === undefined ? new Date(nowMs()) : new Date(from);
      return { next: isoTimes(nextOccurrences(spec, after, count)) };
    },
  };
};

export type RecurrenceHandlers = ReturnType<typeof makeRecurrenceHandlers>;
