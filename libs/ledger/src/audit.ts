import { Failure, type AuditEntryView, type Caller, type Page } from '@nightshift/contracts';
import type { Database } from './database.ts';
import { firstIdAt } from './run-id.ts';

/** What somebody is about to change, or was refused. */
export interface AuditIntent extends Pick<
  AuditEntryView,
  'id' | 'at' | 'operation' | 'caller' | 'subject' | 'address' | 'requestId' | 'details'
> {
  /** Of a request that was refused: all that will ever be known. Null: it is going to be handled. */
  status: number | null;
}

/** What became of it. */
export interface AuditOutcome extends Pick<AuditEntryView, 'id' | 'details'> {
  status: number;
  endedAt: string;
}

export interface AuditFilter {
  actor?: string | undefined;
  operation?: string | undefined;
  subject?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/**
 * Who changed what. Entries that come while a write is under way go into the next one together, so that under load an entry costs a part of a
 * commit.
 */
export interface Audit {
  /** Resolves when the entry is durable. @throws Failure `ledger.unavailable` */
  begin(intent: AuditIntent): Promise<void>;
  /** Adds the outcome to an entry, soon; while Postgres is away it is kept. Each entry gets one outcome. */
  settle(outcome: AuditOutcome): void;
  /** Newest first. `cursor` is a page's `nextCursor`. */
  search(filter: AuditFilter, limit: number, cursor?: string): Promise<Page<AuditEntryView>>;
  /** Forgets entries of before. @returns how many, `limit` at most */
  forget(before: Date, limit: number): Promise<number>;
  /** Writes what is left, if Postgres is there. */
  close(): Promise<void>;
}

interface Row {
  id: string;
  at: Date;
  ended_at: Date | null;
  status: number | null;
  operation: string;
  caller: Caller | null;
  address: string;
  request_id: string;
  subject: Record<string, string>;
  details: AuditEntryView['details'] | null;
}

/** One statement. Larger holds up the first of a batch. */
const WRITTEN_AT_ONCE = 500;
/** Outcomes that are kept while Postgres is away. Of those that go beyond it, it stays unknown what became of them. */
const OUTCOMES_KEPT = 20_000;
const AGAIN_AFTER_MS = 500;

interface Pending {
  intent: AuditIntent;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export const makeAudit = (database: Database): Audit => {
  const intents: Pending[] = [];
  const outcomes: AuditOutcome[] = [];
  let writing: Promise<void> | undefined;
  let settling: Promise<void> | undefined;
  let again: NodeJS.Timeout | undefined;
  let isClosed = false;

  const insert = (batch: readonly AuditIntent[]) =>
    database.query(
      'begin-audit',
      `INSERT INTO nightshift.audit_entries
         (id, at, ended_at, status, operation, actor, caller, address, request_id, subject, about, details)
       SELECT id, at, CASE WHEN status IS NOT NULL THEN at END, status, operation, caller ->> 'name', caller, address, "requestId", subject,
         ARRAY(SELECT value FROM jsonb_each_text(subject)), details
       FROM jsonb_to_recordset($1::jsonb) AS e (id uuid, at timestamptz, status smallint, operation text, caller jsonb, address text,
         "requestId" text, subject jsonb, details jsonb)`,
      [JSON.stringify(batch)],
    );

  const write = async (): Promise<void> => {
    while (intents.length > 0) {
      const batch = intents.splice(0, WRITTEN_AT_ONCE);
      try {
        await insert(batch.map(({ intent }) => intent));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = undefined;
  };

  // Locks the entries. Index: primary key.
  const update = (batch: readonly AuditOutcome[]) =>
    database.query(
      'settle-audit',
      `UPDATE nightshift.audit_entries e SET status = o.status, ended_at = o."endedAt", details = o.details
       FROM jsonb_to_recordset($1::jsonb) AS o (id uuid, status smallint, "endedAt" timestamptz, details jsonb)
       WHERE e.id = o.id AND e.status IS NULL`,
      [JSON.stringify(batch)],
    );

  const settleAll = async (): Promise<void> => {
    while (outcomes.length > 0) {
      const batch = outcomes.slice(0, WRITTEN_AT_ONCE);
      try {
        await update(batch);
        outcomes.splice(0, batch.length);
      } catch (error) {
        if (!(error instanceof Failure)) outcomes.splice(0, batch.length);
        else if (!isClosed) again = setTimeout(wakeUp, AGAIN_AFTER_MS);
        break;
      }
    }
    settling = undefined;
  };
  const wakeUp = (): void => {
    again = undefined;
    settling ??= settleAll();
  };

  return {
    begin: (intent) =>
      new Promise((resolve, reject) => {
        intents.push({ intent, resolve, reject });
        // After this turn of the event loop: what the same burst of requests writes shares a statement.
        writing ??= new Promise<void>((done) => setImmediate(done)).then(write);
      }),

    settle: (outcome) => {
      if (outcomes.length < OUTCOMES_KEPT) outcomes.push(outcome);
      if (again === undefined) settling ??= new Promise<void>((done) => setImmediate(done)).then(settleAll);
    },

    // Index: audit_entries_by_actor, audit_entries_by_operation, audit_entries_by_subject, or the primary key.
    search: async ({ actor, operation, subject, from, to }, limit, cursor) => {
      const values: unknown[] = [limit + 1];
      const conditions: [kind: string, sql: string, value: unknown][] = [
        ['actor', 'actor = $', actor],
        ['operation', 'operation = $', operation],
        ['subject', 'about @> ARRAY[$::text]', subject],
        ['from', 'id >= $', from && firstIdAt(from.getTime())],
        ['to', 'id < $', to && firstIdAt(to.getTime())],
        ['cursor', 'id < $', cursor],
      ];
      const used = conditions.filter(([, , value]) => value !== undefined);
      const where = used.map(([, sql, value]) => sql.replace('$', `$${values.push(value)}`));
      const rows = await database.query<Row & object>(
        `search-audit ${used.map(([kind]) => kind).join(' ')}`,
        `SELECT id, at, ended_at, status, operation, caller, address, request_id, subject, details
         FROM nightshift.audit_entries ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY id DESC LIMIT $1`,
        values,
      );
      const page = rows.slice(0, limit);
      return { items: page.map(toView), nextCursor: rows.length > limit ? page.at(-1)!.id : null };
    },

    // Index: primary key.
    forget: async (before, limit) => {
      const [row] = await database.query<{ gone: number }>(
        'forget-audit',
        `WITH gone AS (
           DELETE FROM nightshift.audit_entries WHERE id = ANY(ARRAY(
             SELECT id FROM nightshift.audit_entries WHERE id < $1 ORDER BY id LIMIT $2))
           RETURNING id)
         SELECT count(*)::int AS gone FROM gone`,
        [firstIdAt(before.getTime()), limit],
      );
      return row!.gone;
    },

    close: async () => {
      isClosed = true;
      clearTimeout(again);
      await writing;
      await settling;
      if (outcomes.length > 0) await settleAll();
    },
  };
};

const toView = (row: Row): AuditEntryView => ({
  id: row.id,
  at: row.at.toISOString(),
  operation: row.operation,
  caller: row.caller,
  subject: row.subject,
  address: row.address,
  requestId: row.request_id,
  status: row.status,
  endedAt: row.ended_at?.toISOString() ?? null,
  ...(row.details !== null && { details: row.details }),
});
