import { makeLoop, type Loop } from '@nightshift/runtime';
import type { FaultLog } from './fault-log.ts';

/**
 * Does planned work at its moment, though the plan is in the ledger and others work on the same plan. It looks ahead once
 * a second, taking nothing, and keeps what it saw; between two looks it sleeps until the next due moment. Firing decides
 * in the ledger who was first, so that any number of replicas may know the same work and a dead one delays nothing.
 *
 * A look that comes back full has not seen the whole time ahead: the next look follows as soon as what it saw is fired, so
 * that a burst drains batch after batch.
 */
export interface DueWork extends Loop {
  /** Something was planned for this moment: looks in time for it, if the next look would not. */
  planned(dueAtMs: number): void;
}

export interface DueWorkDeps<Item> {
  name: string;
  /** What is due before `until`, soonest first. */
  upcoming: (until: Date, limit: number) => Promise<Item[]>;
  /** `upcoming` gives no more than `limit / shares` of one kind: a look that brings that many may not have seen all. 1 unless told. */
  shares?: number;
  dueAt: (item: Item) => Date;
  /** Fires those that are still there. @returns how many this process was first with */
  fire: (items: Item[]) => Promise<number>;
  /** Told at each look for how long the oldest due work has been waiting; 0 when nothing is late. */
  onOverdue: (ageMs: number) => void;
  faults: FaultLog;
}

const LOOK_EVERY_MS = 1_000;
/** More than the time between two looks, so that a look that is slow or fails once makes nothing late. */
const AHEAD_MS = 2_000;
/** Larger reads the same rows again at each look while a burst lies ahead; smaller looks more often while one drains. */
const LOOK_LIMIT = 4_000;
/** One commit. Larger makes the first of a batch later; smaller costs more commits. */
const FIRE_LIMIT = 500;
/** How long before its moment something newly planned is looked for: leaves time for the look, and gathers others. */
const LEAD_MS = 100;
/** Looks are this far apart at least, however many signals come. Larger starts what is due at once later by as much. */
const LOOK_GAP_MS = 10;
const REST_MS = 250;

export const makeDueWork = <Item>({
  name,
  upcoming,
  shares = 1,
  dueAt,
  fire,
  onOverdue,
  faults,
}: DueWorkDeps<Item>): DueWork => {
  let plan: Item[] = [];
  let fired = 0;
  let isCut = false;
  let lookedAt = 0;
  let lookAt = 0;
  let isStopping = false;

  const nextDueAt = (): number => {
    const item = plan[fired];
    return item === undefined ? Infinity : dueAt(item).getTime();
  };

  const look = async (): Promise<void> => {
    lookedAt = Date.now();
    // Before the question: a signal that comes while it is asked may want the next look sooner.
    lookAt = lookedAt + LOOK_EVERY_MS;
    plan = await upcoming(new Date(lookedAt + AHEAD_MS), LOOK_LIMIT);
    fired = 0;
    isCut = plan.length >= LOOK_LIMIT / shares;
    faults.answered('ledger.unavailable');
    onOverdue(Math.max(0, lookedAt - nextDueAt()));
  };

  const takeDue = (): Item[] => {
    const now = Date.now();
    let end = fired;
    while (end < plan.length && end - fired < FIRE_LIMIT && dueAt(plan[end]!).getTime() <= now) end++;
    const due = plan.slice(fired, end);
    fired = end;
    return due;
  };

  const turn = async (): Promise<number> => {
    try {
      if (Date.now() >= lookAt) await look();
      let won = 0;
      for (let due = takeDue(); due.length > 0; due = takeDue()) {
        won += await fire(due);
        if (isStopping) return 0;
        if (Date.now() >= lookAt) await look();
      }
      if (isCut && fired === plan.length) {
        // Others hold all that was seen: they are at it.
        lookAt = Math.min(lookAt, won > 0 ? 0 : Date.now() + LOOK_GAP_MS);
      }
    } catch (error) {
      // What was not fired is still in the ledger.
      plan = [];
      fired = 0;
      lookAt = 0;
      throw error;
    }
    return Math.min(lookAt, nextDueAt()) - Date.now();
  };

  const loop = makeLoop({ turn, restMs: REST_MS, onFault: (error) => faults.failed(name, error) });
  return {
    start: () => {
      isStopping = false;
      loop.start();
    },
    wake: loop.wake,
    stop: () => {
      isStopping = true;
      return loop.stop();
    },
    planned: (dueAtMs) => {
      const wantedAt = Math.max(dueAtMs - LEAD_MS, lookedAt + LOOK_GAP_MS);
      if (!(wantedAt < lookAt)) return;
      lookAt = wantedAt;
      loop.wake();
    },
  };
};
