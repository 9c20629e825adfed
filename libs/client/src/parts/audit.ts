import type { AuditEntryView, Page } from '@nightshift/contracts';
import type { Http } from '../transport/http.ts';

export interface AuditSearch {
  /** The name of who asked. */
  actor?: string;
  /** As in `workflows.publish`. */
  operation?: string;
  /** A name or an id in the path. */
  subject?: string;
  from?: string;
  to?: string;
  limit?: number;
  cursor?: string;
}

export const makeAudit = (http: Http) => ({
  /** Who changed what, the newest first. `status` is null where it is not known what came of it. */
  search: (query: AuditSearch = {}): Promise<Page<AuditEntryView>> =>
    http.json({ path: '/v1/audit', query: { ...query } }),
});
