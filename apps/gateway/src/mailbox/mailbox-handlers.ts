import { compileSchema, Failure, MailboxQuerySchema, type MailboxEntry, type Page } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';

const checkQuery = compileSchema(MailboxQuerySchema);

const LIMIT_DEFAULT = 50;

/** E-mails that workflows sent where there is no mail server. */
export const makeMailboxHandlers = ({ ledger }: { ledger: Pick<Ledger, 'mailbox'> }) => ({
  /** Newest first, of all, to one address, or of one run. @throws Failure `request.invalid` */
  list: (query: Record<string, string | string[] | undefined>): Promise<Page<MailboxEntry>> => {
    const { to, run, limit = LIMIT_DEFAULT, cursor } = checked(checkQuery, coerceQuery(query, MailboxQuerySchema));
    return ledger.mailbox.list({ to, runId: run }, limit, cursor);
  },

  /** @throws Failure `email.not_found` */
  get: async (messageId: string): Promise<MailboxEntry> => {
    const entry = await ledger.mailbox.find(messageId);
    if (entry !== undefined) return entry;
    throw new Failure('email.not_found', { detail: `There is no e-mail ${messageId.slice(0, 256)}` });
  },

  clear: async (): Promise<void> => {
    await ledger.mailbox.clear();
  },
});

export type MailboxHandlers = ReturnType<typeof makeMailboxHandlers>;
