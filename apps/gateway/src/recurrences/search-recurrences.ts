import { compileSchema, RecurrenceSearchSchema, type Page, type Recurrence } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { RecurrencePlace } from '@nightshift/workflow-core';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { recurrenceView } from './recurrence-view.ts';

export interface SearchRecurrencesDeps {
  ledger: Pick<Ledger, 'recurrences'>;
  nowMs: () => number;
}

const LIMIT_DEFAULT = 50;

const checkSearch = compileSchema(RecurrenceSearchSchema);

/** Neither names of workflows nor keys have a slash. */
const readCursor = (cursor: string): RecurrencePlace => {
  const [workflow, key, ...more] = cursor.split('/');
  if (workflow !== undefined && key !== undefined && more.length === 0) return { workflow, key };
  throw refusal('request.invalid', [{ pointer: '/cursor', detail: 'must be the nextCursor of a page' }]);
};

/** Recurrences by workflow and key, page by page. @throws Failure `request.invalid` */
export const makeSearchRecurrences =
  ({ ledger, nowMs }: SearchRecurrencesDeps) =>
  async (query: HttpRequest['query']): Promise<Page<Recurrence>> => {
    const {
      workflow,
      attached,
      limit = LIMIT_DEFAULT,
      cursor,
    } = checked(checkSearch, coerceQuery(query, RecurrenceSearchSchema));
    const filter = {
      ...(workflow !== undefined && { workflow }),
      ...(attached !== undefined && { isAttached: attached }),
    };
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const rows = await ledger.recurrences.search(filter, limit + 1, after);
    const items = rows.slice(0, limit).map((row) => recurrenceView(row, nowMs()));
    const last = items.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return { items, nextCursor: hasMore ? `${last.workflow}/${last.key}` : null };
  };
