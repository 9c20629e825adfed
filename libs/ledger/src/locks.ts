import type pg from 'pg';
import type { Database } from './database.ts';
import { LEASE_INTERVAL } from './run-projection.ts';
import { LETS_GO } from './sql/lets-go.ts';

/** A step of a run that wants a lock. */
export interface AcquireLock {
  name: string;
  runId: string;
  step: string;
  /** For how long the run keeps it without a word; the length of each renewal. */
  leaseMs: number;
}

/** `until`: when the lock is lost without a renewal. `freeAt`: asking again is no use before it, unless the run is woken. */
export type Acquired = { held: true; until: Date } | { held: false; freeAt: Date };

export interface HeldLock {
  runId: string;
  name: string;
  step: string;
  until: Date;
}

/**
 * Locks by name, one holder each, in the order of asking. A holder is a step of a run, not a process, so it outlives its executor
 * for as long as its lease.
 *
 * States of a step at a lock: waiting (it has a place in the queue), held (for a lease while its run is worked on, without end while that rests), or gone (released, or its lease ran out and somebody asked).
 * Whoever lets a lock go wakes the next one that can take it, but does not give it the lock: it asks again itself, and keeps its place
 * until then. One that was woken and does not come is passed over, and so is a paused one; both keep their places.
 */
export interface Locks {
  /**
   * Takes the lock, or a place in its queue. Asking again renews the lease or keeps the place. Who waits asks again when it is woken, at
   * `freeAt`, and once after it has come to rest: a wake before that would be lost.
   */
  acquire(lock: AcquireLock): Promise<Acquired>;
  /**
   * Says that these runs are still at work: each of their locks is held for another lease from now on. A lock whose lease has run out
   * is lost and stays so. @returns what they hold
   */
  renew(runIds: readonly string[]): Promise<HeldLock[]>;
  /**
   * Lets go of those of the names that the run holds, and gives up its place for those that it does not; without names everything.
   * @returns runs that are ready now: the caller dispatches them
   */
  release(runId: string, names?: readonly string[]): Promise<{ runId: string }[]>;
  /** Lets go of everything that these runs hold or wait for, as `release` does. */
  releaseAll(runIds: readonly string[]): Promise<{ runId: string }[]>;
  /** Makes the next waiter of each of these locks ready that nobody holds. @returns the runs: the caller dispatches them */
  wakeNext(names: readonly string[]): Promise<{ runId: string }[]>;
  /**
   * Finds locks that nobody holds though somebody waits, because a process died between letting go and waking, and wakes the next; takes
   * ended runs out of the queues. @returns runs that are ready now
   */
  wakeForgotten(limit: number): Promise<{ runId: string }[]>;
}

/**
 * A waiter that was woken this long ago has not come: others may go first. Smaller breaks the order of waiters when executors are busy;
 * larger keeps a free lock idle for longer after a waiter is lost.
 */
const COMES_WITHIN = `interval '10 seconds'`;

/** Who waits for a run that rests is woken when that lets go; this often it looks by itself. */
const RESTS_LONG = `interval '1 hour'`;

/** Whether a waiter `l` can take its lock; `r` is its run. */
const IS_EXPECTED = `r.finished_at IS NULL AND r.status <> 'paused'
  AND (l.woken_at IS NULL OR l.woken_at > clock_timestamp() - ${COMES_WITHIN})`;

/** Serialises everything that changes who is next at these locks. In one order, so that two transactions cannot wait for each other. */
const serialise = (client: pg.ClientBase, names: readonly string[]): Promise<unknown> =>
  client.query({
    name: 'serialise-locks',
    text: `SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(name, 4711) AS key FROM unnest($1::text[]) AS n (name) ORDER BY 1) AS keys`,
    values: [names],
  });

export const makeLocks = (database: Database): Locks => {
  const wakeNext = (names: readonly string[]): Promise<{ runId: string }[]> =>
    names.length === 0
      ? Promise.resolve([])
      : database.transaction(async (client) => {
          await serialise(client, names);
          return wake(client, names);
        });

  const releaseAll = (runIds: readonly string[]): Promise<{ runId: string }[]> =>
    database.transaction(async (client) => {
      const names = await namesOf(client, runIds);
      if (names.length === 0) return [];
      await serialise(client, names);
      await client.query({
        name: 'release-all-locks',
        text: 'DELETE FROM nightshift.locks WHERE run_id = ANY($1::uuid[])',
        values: [runIds],
      });
      return wake(client, names);
    });

  return {
    wakeNext,
    releaseAll,

    acquire: (lock) =>
      database.transaction(async (client) => {
        await serialise(client, [lock.name]);
        return acquire(client, lock);
      }),

    // Index: locks_by_run. Locks the rows.
    renew: async (runIds) => {
      const rows = await database.query<{ run_id: string; name: string; step: string; held_until: Date }>(
        'renew-locks',
        `UPDATE nightshift.locks SET held_until = clock_timestamp() + lease_ms * interval '1 millisecond'
         WHERE run_id = ANY($1::uuid[]) AND held_until > clock_timestamp()
         RETURNING run_id, name, step, held_until`,
        [runIds],
      );
      return rows.map((row) => ({ runId: row.run_id, name: row.name, step: row.step, until: row.held_until }));
    },

    release: (runId, names) =>
      names === undefined
        ? releaseAll([runId])
        : database.transaction(async (client) => {
            await serialise(client, names);
            await client.query({
              name: 'release-locks',
              text: `DELETE FROM nightshift.locks l USING unnest($2::text[]) AS n (name)
                WHERE l.name = n.name AND l.run_id = $1 AND ${LETS_GO}`,
              values: [runId, names],
            });
            return wake(client, names);
          }),

    // Indexes: locks_waiting, locks_by_run.
    wakeForgotten: async (limit) => {
      await database.query(
        'drop-locks-of-ended',
        `DELETE FROM nightshift.locks l USING nightshift.runs r
         WHERE r.id = l.run_id AND r.finished_at IS NOT NULL AND r.id = ANY(ARRAY(SELECT run_id FROM nightshift.locks))`,
      );
      const free = await database.query<{ name: string }>(
        'forgotten-locks',
        `SELECT DISTINCT l.name FROM nightshift.locks l
         WHERE l.held_until IS NULL AND l.woken_at IS NULL AND NOT EXISTS (
           SELECT FROM nightshift.locks h WHERE h.name = l.name AND h.held_until > clock_timestamp())
         LIMIT $1`,
        [limit],
      );
      return wakeNext(free.map(({ name }) => name));
    },
  };
};

const namesOf = async (client: pg.ClientBase, runIds: readonly string[]): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>({
    name: 'lock-names',
    text: 'SELECT DISTINCT name FROM nightshift.locks WHERE run_id = ANY($1::uuid[])',
    values: [runIds],
  });
  return rows.map(({ name }) => name);
};

/** Under the lock's serialisation. Every statement sees what those before it have committed. */
const acquire = async (client: pg.ClientBase, { name, runId, step, leaseMs }: AcquireLock): Promise<Acquired> => {
  await client.query({
    name: 'drop-expired-lock',
    text: 'DELETE FROM nightshift.locks WHERE name = $1 AND held_until <= clock_timestamp()',
    values: [name],
  });
  await client.query({
    name: 'queue-for-lock',
    text: `INSERT INTO nightshift.locks (name, run_id, step, lease_ms) VALUES ($1, $2, $3, $4)
      ON CONFLICT (name, run_id, step) DO UPDATE SET lease_ms = excluded.lease_ms`,
    values: [name, runId, step, leaseMs],
  });
  const taken = await client.query<{ held_until: Date }>({
    name: 'take-lock',
    text: `UPDATE nightshift.locks m
      SET held_until = clock_timestamp() + lease_ms * interval '1 millisecond', woken_at = NULL
      WHERE m.name = $1 AND m.run_id = $2 AND m.step = $3
        AND NOT EXISTS (SELECT FROM nightshift.locks h
          WHERE h.name = $1 AND h.held_until IS NOT NULL AND (h.run_id, h.step) <> (m.run_id, m.step))
        AND (m.held_until IS NOT NULL OR NOT EXISTS (
          SELECT FROM nightshift.locks l JOIN nightshift.runs r ON r.id = l.run_id
          WHERE l.name = $1 AND l.held_until IS NULL AND l.seq < m.seq AND ${IS_EXPECTED}))
      RETURNING m.held_until`,
    values: [name, runId, step],
  });
  if (taken.rows[0]) return { held: true, until: taken.rows[0].held_until };
  // It came and could not have it: it is to be told again when the lock is free.
  const waiting = await client.query<{ free_at: Date }>({
    name: 'wait-for-lock',
    text: `UPDATE nightshift.locks SET woken_at = NULL WHERE name = $1 AND run_id = $2 AND step = $3
      RETURNING coalesce(
        (SELECT least(held_until, clock_timestamp() + ${RESTS_LONG}) FROM nightshift.locks
         WHERE name = $1 AND held_until IS NOT NULL),
        clock_timestamp() + ${COMES_WITHIN}) AS free_at`,
    values: [name, runId, step],
  });
  return { held: false, freeAt: waiting.rows[0]!.free_at };
};

/**
 * Under the locks' serialisation. A run that is paused meanwhile keeps its status; one that is still at work gets a dispatch for nothing.
 */
const wake = async (client: pg.ClientBase, names: readonly string[]): Promise<{ runId: string }[]> => {
  const { rows } = await client.query<{ id: string }>({
    name: 'wake-next-waiters',
    text: `WITH next AS (
        SELECT DISTINCT ON (l.name) l.name, l.run_id, l.step, l.woken_at
        FROM nightshift.locks l JOIN nightshift.runs r ON r.id = l.run_id
        WHERE l.name = ANY($1::text[]) AND l.held_until IS NULL AND ${IS_EXPECTED}
          AND NOT EXISTS (
            SELECT FROM nightshift.locks h WHERE h.name = l.name AND h.held_until > clock_timestamp())
        ORDER BY l.name, l.seq),
      woken AS (
        UPDATE nightshift.locks l SET woken_at = clock_timestamp() FROM next n
        WHERE l.name = n.name AND l.run_id = n.run_id AND l.step = n.step AND l.name = ANY($1::text[]) AND n.woken_at IS NULL
        RETURNING l.run_id)
      UPDATE nightshift.runs SET status = CASE status WHEN 'waiting' THEN 'running' ELSE status END,
        lease_until = now() + ${LEASE_INTERVAL}
      WHERE id = ANY(ARRAY(SELECT run_id FROM woken)) AND status IN ('waiting', 'running')
      RETURNING id`,
    values: [names],
  });
  return rows.map(({ id }) => ({ runId: id }));
};
