import { AuditQuerySchema, compileSchema, type AuditEntryView, type Page } from '@nightshift/contracts';
import type { Audit } from '@nightshift/ledger';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { readDate } from '../door/read-date.ts';

const checkQuery = compileSchema(AuditQuerySchema);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LIMIT_DEFAULT = 50;

export const makeAuditHandlers = ({ audit }: { audit: Pick<Audit, 'search'> }) => ({
  /** Newest first. @throws Failure `request.invalid` */
  search: (query: HttpRequest['query']): Promise<Page<AuditEntryView>> => {
    const {
      from,
      to,
      limit = LIMIT_DEFAULT,
      cursor,
      ...rest
    } = checked(checkQuery, coerceQuery(query, AuditQuerySchema));
    if (cursor !== undefined && !uuid.test(cursor))
      throw refusal('request.invalid', [{ pointer: '/cursor', detail: 'is not of an earlier answer' }]);
    return audit.search({ ...rest, from: readDate('/from', from), to: readDate('/to', to) }, limit, cursor);
  },
});

export type AuditHandlers = ReturnType<typeof makeAuditHandlers>;
