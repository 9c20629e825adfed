import type { MailboxEntry, Page } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

/** E-mails that workflows sent where there is no mail server. */
export const makeMailbox = (http: Http) => ({
  /** Newest first. `to`: an address; `run`: the id of the run that sent it. */
  list: (query: { to?: string; run?: string; limit?: number; cursor?: string } = {}): Promise<Page<MailboxEntry>> =>
    http.json({ path: '/v1/mailbox', query: { ...query } }),
  get: (messageId: string): Promise<MailboxEntry> => http.json({ path: pathOf('v1', 'mailbox', messageId) }),
  clear: (): Promise<void> => http.json({ method: 'DELETE', path: '/v1/mailbox' }),
});
