import type { MailboxEntry, Page } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';
import { allOf } from './all-of.ts';

export interface MailSearch {
  /** An address. */
  to?: string;
  /** The id of the run that sent it. */
  run?: string;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

/** E-mails that workflows sent where there is no mail server. */
export const makeMailbox = (http: Http) => {
  const list = (query: MailSearch = {}): Promise<Page<MailboxEntry>> =>
    http.json({ path: '/v1/mailbox', query: { ...query } });
  return {
    /** Newest first. */
    list,
    all: (query: MailSearch = {}): AsyncGenerator<MailboxEntry> => allOf((cursor) => list({ ...query, cursor })),
    get: (messageId: string): Promise<MailboxEntry> => http.json({ path: pathOf('v1', 'mailbox', messageId) }),
    clear: (): Promise<void> => http.json({ method: 'DELETE', path: '/v1/mailbox' }),
  };
};
