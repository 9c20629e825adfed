import type { Ledger } from '@nightshift/ledger';
import type { Deliver } from './email.ts';

/**
 * Keeps mails in the ledger instead of sending them, each once: for development and tests, where `GET /v1/mailbox` shows them and no
 * customer gets one.
 */
export const makeLocalMailbox =
  (ledger: Pick<Ledger, 'mailbox'>): Deliver =>
  async ({ message, messageId, runId, step }) => {
    await ledger.mailbox.keep({ messageId, runId, step, at: new Date().toISOString(), message });
    return { accepted: [...message.to, ...message.cc, ...message.bcc], rejected: [] };
  };
