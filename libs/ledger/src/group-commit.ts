import { Failure } from '@nightshift/contracts';
import pg from 'pg';
import type { Append, Appended } from './append.ts';
import { appendStatement } from './sql/append-runs.ts';

/**
 * Group commit: appends that arrive while a commit is under way go into the next one together. A commit costs one
 * write to disk however many runs it moves, so the busier the process, the cheaper each append.
 *
 * States of a writer: idle, committing, or reconnecting (Postgres is away: what it holds is kept and tried again).
 * An append waits in the queue, then is in exactly one commit, then is settled. Two appends to one run are never in
 * one commit: the second goes into a later one and meets the first's version.
 */
export interface GroupCommit {
  /** Resolves when durable or refused; rejects with `ledger.unavailable` when Postgres stays away too long. */
  append(append: Append): Promise<Appended>;
  /** Resolves when everything appended so far is settled and the connections are closed. */
  close(): Promise<void>;
}

export interface GroupCommitOptions {
  connectionString: string;
  applicationName: string;
  /** Connections that commit side by side. More than two only split the batches. */
  writers: number;
  /** Appends per commit. Larger batches raise throughput little and the latency of their first append much. */
  maxBatch: number;
  /** How long an append is kept while Postgres is away. */
  giveUpAfterMs: number;
}

interface Pending {
  append: Append;
  since: number;
  resolve: (outcome: Appended) => void;
  reject: (error: unknown) => void;
}

interface Row {
  run_id: string;
  list_id: string | null;
  caller_id: string | null;
  /** The row is no append, but tells of a run that one of them brought: it is not ready before it is admitted. */
  is_gated: boolean;
}

const RECONNECT_DELAY_MS = 100;

/**
 * Prepared statements are planned once: Postgres would plan those with small arrays anew each time, at the price of running them.
 * They are planned while tables are new and small, and must not scan them when they have grown.
 */
export const PLAN_ONCE = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off';

const conflict: Appended = { outcome: 'conflict' };

export const makeGroupCommit = (options: GroupCommitOptions): GroupCommit => {
  let queue: Pending[] = [];
  let isClosing = false;
  const idle: Writer[] = [];
  const working = new Set<Promise<void>>();
  let isWakeUpScheduled = false;

  const takeBatch = (): Pending[] => {
    if (queue.length <= 1) {
      const all = queue;
      queue = [];
      return all;
    }
    const runIds = new Set<string>();
    const batch: Pending[] = [];
    const later: Pending[] = [];
    for (const pending of queue) {
      if (batch.length < options.maxBatch && !runIds.has(pending.append.runId)) {
        runIds.add(pending.append.runId);
        batch.push(pending);
      } else later.push(pending);
    }
    queue = later;
    return batch;
  };

  const work = async (writer: Writer): Promise<void> => {
    while (queue.length > 0) await writer.commit(takeBatch());
    idle.push(writer);
  };

  const wakeUp = (): void => {
    isWakeUpScheduled = false;
    // One writer per wake-up: what arrives while it commits belongs together.
    if (queue.length === 0) return;
    const writer = idle.pop();
    if (!writer) return;
    const done: Promise<void> = work(writer).finally(() => working.delete(done));
    working.add(done);
  };

  const writers = Array.from({ length: options.writers }, () => makeWriter(options));
  idle.push(...writers);

  return {
    append: (append) =>
      new Promise((resolve, reject) => {
        if (isClosing) return reject(new Failure('ledger.unavailable', { detail: 'The process is stopping' }));
        queue.push({ append, since: performance.now(), resolve, reject });
        if (!isWakeUpScheduled) {
          isWakeUpScheduled = true;
          // After this turn of the event loop: everything that the same burst of messages appends shares a commit.
          setImmediate(wakeUp);
        }
      }),
    close: async () => {
      isClosing = true;
      while (queue.length > 0 || working.size > 0) {
        wakeUp();
        await Promise.all(working);
      }
      await Promise.all(writers.map((writer) => writer.close()));
    },
  };
};

interface Writer {
  commit(batch: Pending[]): Promise<void>;
  close(): Promise<void>;
}

const makeWriter = (options: GroupCommitOptions): Writer => {
  let client: pg.Client | undefined;

  const connected = async (): Promise<pg.Client> => {
    if (client) return client;
    const fresh = new pg.Client({
      connectionString: options.connectionString,
      application_name: options.applicationName,
      options: PLAN_ONCE,
      keepAlive: true,
    });
    fresh.on('error', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  };

  const write = async (batch: readonly Pending[], isRepeat: boolean): Promise<void> => {
    const connection = await connected();
    const { rows } = await connection.query<Row>(appendStatement(batch.map(({ append }) => append)));
    const written = new Map(rows.flatMap((row) => (row.is_gated ? [] : [[row.run_id, row]])));
    const gated = new Set(rows.flatMap((row) => (row.is_gated ? row.run_id : [])));
    for (const { append, resolve } of batch) {
      const row = written.get(append.runId);
      if (row) {
        resolve({ outcome: 'appended', listId: row.list_id, callerRunId: row.caller_id, ...gatedOf(append, gated) });
      } else resolve(isRepeat && (await isThere(connection, append)) ? appendedBefore : conflict);
    }
  };

  const commit = async (batch: Pending[]): Promise<void> => {
    let isRepeat = false;
    for (;;) {
      try {
        return await write(batch, isRepeat);
      } catch (error) {
        if (isTransient(error)) {
          isRepeat = true;
          batch = giveUpOnOld(batch, error);
          if (batch.length === 0) return;
          await new Promise((resolve) => setTimeout(resolve, RECONNECT_DELAY_MS));
        } else if (batch.length > 1) {
          // One of them cannot be written. Alone, it fails alone.
          for (const pending of batch) await commit([pending]);
          return;
        } else {
          batch[0]!.reject(new Failure('platform.bug', { detail: 'The ledger refused an append', cause: error }));
          return;
        }
      }
    }
  };

  const giveUpOnOld = (batch: Pending[], cause: unknown): Pending[] => {
    const now = performance.now();
    return batch.filter((pending) => {
      if (now - pending.since < options.giveUpAfterMs) return true;
      pending.reject(new Failure('ledger.unavailable', { cause }));
      return false;
    });
  };

  return {
    commit,
    close: async () => {
      const open = client;
      client = undefined;
      await open?.end();
    },
  };
};

const gatedOf = ({ runId, runs = [] }: Append, gated: ReadonlySet<string>): { gatedRunIds?: string[] } =>
  gated.size === 0 ? {} : { gatedRunIds: [runId, ...runs.map((run) => run.runId)].filter((id) => gated.has(id)) };

/** Who is concerned beside the run is not known any more, and finds out by looking. */
const appendedBefore: Appended = { outcome: 'appended', listId: null, callerRunId: null };

/** Whether a commit whose answer was lost had reached the disk: then the version that it was to write is its own event. */
const isThere = async (connection: pg.Client, { runId, expectedVersion, events, at }: Append): Promise<boolean> => {
  const first = events[0]!;
  const { rows } = await connection.query<{ type: string; at: Date }>({
    name: 'event-at',
    text: 'SELECT type, at FROM nightshift.run_events WHERE run_id = $1 AND version = $2',
    values: [runId, expectedVersion + 1],
  });
  return rows[0]?.type === first.type && rows[0].at.getTime() === Date.parse(first.at ?? at);
};

/** Whether the same statement can succeed later: the connection broke, the server restarts, or it lost a deadlock. */
export const isTransient = (error: unknown): boolean => {
  const code = (error as { code?: string } | null)?.code;
  if (code === undefined)
    return error instanceof Error && /Connection terminated|not queryable|timeout/i.test(error.message);
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST)/.test(code) ||
    code.startsWith('08') || // connection
    code.startsWith('57P') || // shutdown, crash, starting up
    code === '40P01' || // deadlock
    code === '53300' // too many connections
  );
};
