import { LEASE_MS } from '../../libs/ledger/src/run-projection.ts';
import { releaseLocks } from './memory-append.ts';
import type { Statement } from './memory-statements.ts';
import type { LockRow, Tables } from './memory-tables.ts';

const COMES_WITHIN_MS = 10_000;
const RESTS_LONG_MS = 60 * 60_000;

const find = ({ locks }: Tables, name: string, runId: string, step: string): LockRow | undefined =>
  locks.find((lock) => lock.name === name && lock.runId === runId && lock.step === step);

const isHeld = ({ locks, now }: Tables, name: string): boolean =>
  locks.some((lock) => lock.name === name && lock.heldUntil !== null && lock.heldUntil > now());

/** Whether a waiter is expected to take its lock. */
const isExpected = ({ runs, now }: Tables, { runId, wokenAt }: LockRow): boolean => {
  const run = runs.get(runId)!;
  const isComing = wokenAt === null || wokenAt > now() - COMES_WITHIN_MS;
  return run.finishedAt === null && run.status !== 'paused' && isComing;
};

/** Takes the lock if nobody else has it, and nobody who came before is expected. */
const take = (tables: Tables, mine: LockRow): boolean => {
  const others = tables.locks.filter((lock) => lock.name === mine.name && lock !== mine);
  if (others.some(({ heldUntil }) => heldUntil !== null)) return false;
  const isAhead = (lock: LockRow): boolean => lock.seq < mine.seq && isExpected(tables, lock);
  if (mine.heldUntil === null && others.some(isAhead)) return false;
  mine.heldUntil = tables.now() + mine.leaseMs;
  mine.wokenAt = null;
  return true;
};

const drop = (tables: Tables, isGone: (lock: LockRow) => boolean): void => {
  tables.locks = tables.locks.filter((lock) => !isGone(lock));
};

export const lockStatements = {
  'serialise-locks': () => {},
  'lock-names': ({ locks }, [runIds]: [string[]]) =>
    [...new Set(locks.filter(({ runId }) => runIds.includes(runId)).map(({ name }) => name))].map((name) => ({ name })),
  'release-all-locks': (tables, [runIds]: [string[]]) => drop(tables, ({ runId }) => runIds.includes(runId)),
  'release-locks': (tables, [runId, names]: [string, string[]]) => releaseLocks(tables, runId, names),
  'renew-locks': (tables, [runIds]: [string[]]) =>
    tables.locks
      .filter((lock) => runIds.includes(lock.runId) && lock.heldUntil !== null && lock.heldUntil > tables.now())
      .map((lock) => {
        lock.heldUntil = tables.now() + lock.leaseMs;
        return { run_id: lock.runId, name: lock.name, step: lock.step, held_until: new Date(lock.heldUntil) };
      }),
  'keep-locks': ({ locks, now }, [runId]: [string]) => {
    for (const lock of locks)
      if (lock.runId === runId && lock.heldUntil !== null && lock.heldUntil > now()) lock.heldUntil = Infinity;
  },
  'drop-locks-of-ended': (tables) => drop(tables, ({ runId }) => tables.runs.get(runId)!.finishedAt !== null),
  'forgotten-locks': (tables) =>
    [...new Set(tables.locks.filter((lock) => lock.heldUntil === null && lock.wokenAt === null).map((l) => l.name))]
      .filter((name) => !isHeld(tables, name))
      .map((name) => ({ name })),
  'drop-expired-lock': (tables, [name]: [string]) =>
    drop(tables, (lock) => {
      const isExpired = lock.name === name && lock.heldUntil !== null && lock.heldUntil <= tables.now();
      if (isExpired) tables.lapsed.add(`${lock.runId} ${name}`);
      return isExpired;
    }),
  'queue-for-lock': (tables, [name, runId, step, leaseMs]: [string, string, string, number]) => {
    const known = find(tables, name, runId, step);
    if (known) known.leaseMs = leaseMs;
    else tables.locks.push({ name, runId, step, leaseMs, seq: tables.nextLockSeq++, heldUntil: null, wokenAt: null });
  },
  'take-lock': (tables, [name, runId, step]: [string, string, string]) => {
    const mine = find(tables, name, runId, step)!;
    return take(tables, mine) ? [{ held_until: new Date(mine.heldUntil!) }] : [];
  },
  'wait-for-lock': (tables, [name, runId, step]: [string, string, string]) => {
    find(tables, name, runId, step)!.wokenAt = null;
    const holder = tables.locks.find((lock) => lock.name === name && lock.heldUntil !== null);
    const comes = holder ? Math.min(holder.heldUntil!, tables.now() + RESTS_LONG_MS) : tables.now() + COMES_WITHIN_MS;
    return [{ free_at: new Date(comes) }];
  },
  'wake-next-waiters': (tables, [names]: [string[]]) => {
    const woken = new Set<string>();
    for (const name of new Set(names)) {
      if (isHeld(tables, name)) continue;
      const next = tables.locks
        .filter((lock) => lock.name === name && lock.heldUntil === null && isExpected(tables, lock))
        .sort((one, other) => one.seq - other.seq)[0];
      if (!next || next.wokenAt !== null) continue;
      next.wokenAt = tables.now();
      woken.add(next.runId);
    }
    return [...woken].flatMap((runId) => {
      const run = tables.runs.get(runId)!;
      if (run.status !== 'waiting' && run.status !== 'running') return [];
      run.status = 'running';
      run.leaseUntil = tables.now() + LEASE_MS;
      return [{ id: runId }];
    });
  },
} satisfies Record<string, Statement>;
