import type { MailboxEntry, Page } from '@nightshift/contracts';
import type { Database } from './database.ts';

export interface MailboxFilter {
  /** One of its addresses, to the letter but for upper and lower case. */
  to?: string;
  runId?: string;
}

/** Mails that were kept instead of sent. */
export interface Mailbox {
  /** Keeps a mail once: the same `messageId` again changes nothing. */
  keep(mail: MailboxEntry): Promise<void>;
  /** Newest first. `cursor` is a page's `nextCursor`. */
  list(filter: MailboxFilter, limit: number, cursor?: string): Promise<Page<MailboxEntry>>;
  find(messageId: string): Promise<MailboxEntry | undefined>;
  /** @returns how many there were */
  clear(): Promise<number>;
}

interface MailRow {
  seq: string;
  message_id: string;
  run_id: string;
  step: string;
  at: Date;
  message: MailboxEntry['message'];
}

const COLUMNS = 'seq, message_id, run_id, step, at, message';

export const makeMailbox = (database: Database): Mailbox => ({
  keep: async ({ messageId, runId, step, at, message }) => {
    await database.query(
      'keep-mail',
      `INSERT INTO nightshift.mailbox (message_id, run_id, step, at, message) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [messageId, runId, step, at, JSON.stringify(message)],
    );
  },

  // Index: mailbox_by_seq. A mailbox is a developer's: it is small, and filters may look at every mail.
  list: async ({ to, runId }, limit, cursor) => {
    const rows = await database.query<MailRow>(
      'list-mail',
      `SELECT ${COLUMNS} FROM nightshift.mailbox
       WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::uuid IS NULL OR run_id = $2)
         AND ($3::text IS NULL OR EXISTS (
           SELECT FROM json_array_elements_text(message -> 'to') AS a (address)
           WHERE lower($3) IN (lower(a.address), lower(substring(a.address FROM '<([^<>]*)>$')))))
       ORDER BY seq DESC LIMIT $4`,
      [cursor ?? null, runId ?? null, to ?? null, limit + 1],
    );
    const page = rows.slice(0, limit);
    return { items: page.map(toMail), nextCursor: rows.length > limit ? (page.at(-1)?.seq ?? null) : null };
  },

  find: async (messageId) => {
    const [row] = await database.query<MailRow>(
      'find-mail',
      `SELECT ${COLUMNS} FROM nightshift.mailbox WHERE message_id = $1`,
      [messageId],
    );
    return row && toMail(row);
  },

  clear: async () => {
    const [row] = await database.query<{ removed: number }>(
      'clear-mailbox',
      `WITH removed AS (DELETE FROM nightshift.mailbox RETURNING message_id)
       SELECT count(*)::int AS removed FROM removed`,
    );
    return row!.removed;
  },
});

const toMail = ({ message_id: messageId, run_id: runId, step, at, message }: MailRow): MailboxEntry => ({
  messageId,
  runId,
  step,
  at: at.toISOString(),
  message,
});
