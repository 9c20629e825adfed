import type { NewRunEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { deadlineOf, isEnded, nextMoves, nextWake, type Move, type PlanStep } from '@nightshift/workflow-core';
import { lostLock } from './enter-block.ts';
import type { Hand } from './hand.ts';
import type { Journal } from './journal.ts';
import type { HoldBack } from './perform/guards.ts';
import type { Performed } from './perform/performed.ts';
import { makeCollect } from './collect.ts';
import { makeTakeStep, settle, type Effectuation, type StepMove, type TakeStepDeps } from './take-step.ts';
import { evaluateResult, finishRound, startRound } from './evaluate-moves.ts';

export interface WalkDeps extends TakeStepDeps {
  ledger: Ledger;
  holdBack: HoldBack;
}

/** An effect that is under way. It ends by itself, or is given up because the run no longer is at its step. */
interface Flight {
  move: StepMove;
  giveUp: () => void;
  landed?: { performed: Performed } | { error: unknown };
  deadline?: NodeJS.Timeout;
}

/**
 * Walks a run until there is nothing to do (`rests`), or the run turns out to be in another executor's hands (`taken`). Everything that
 * touches the journal happens here, one thing after the other; only effects go on side by side, in the branches of a `fork`.
 */
export const makeWalk = (deps: WalkDeps) => {
  const takeStep = makeTakeStep(deps);
  const collect = makeCollect(deps.ledger);

  return async (journal: Journal, hand: Hand): Promise<'rests' | 'taken'> => {
    const flights = new Map<string, Flight>();
    try {
      return await walkWith(journal, hand, flights);
    } finally {
      for (const flight of flights.values()) end(flight);
    }
  };

  async function walkWith(journal: Journal, hand: Hand, flights: Map<string, Flight>): Promise<'rests' | 'taken'> {
    /** What was looked for in vain since the last news, and with which version the run was put to rest. */
    let lookedFor = new Set<string>();
    let restedAt: number | undefined;
    if (journal.definition.plan.hasClaims) await keepLocks(journal, hand);

    for (;;) {
      if (hand.hasNews && flights.size > 0) {
        hand.hasNews = false;
        lookedFor = new Set();
        if ((await journal.reload()) === 'taken') return 'taken';
      }
      const { plan } = journal.definition;
      if (plan.hasClaims) failLostLocks(journal, hand);
      const moves = nextMoves(plan, journal.state, new Date());
      if (flights.size > 0 && (isEnded(journal.state.status) || journal.state.status === 'running'))
        giveUpOthers(flights, moves);

      const landed = flights.size > 0 && landedOf(flights);
      if (landed) {
        flights.delete(landed.move.step.name);
        clearTimeout(landed.deadline);
        const { landed: landing, move } = landed;
        if ('error' in landing!) throw landing.error;
        settle(journal, move.step, landing!.performed);
        continue;
      }

      const next = moves.find((move) => isToDo(move, flights, lookedFor));
      if (!next) {
        if (flights.size > 0) {
          if (!plan.hasForks) await hand.woken();
          else if ((await sleep(journal, hand)) === 'taken') return 'taken';
          else lookedFor = new Set();
          continue;
        }
        const looks = lookedFor.size > 0;
        const wasResting = restedAt === journal.state.version && !journal.hasPending;
        const rested = await rest(journal, hand, restedAt, looks);
        if (rested === 'taken') return 'taken';
        restedAt = journal.state.version;
        if (rested === 'moved') continue;
        if (!looks || journal.state.status !== 'running') return 'rests';
        // What came about before the run was put to rest woke nobody.
        lookedFor = new Set();
        if (!wasResting) continue;
        if (await deps.ledger.runs.leave(journal.runId)) return 'rests';
        // Since then it was woken, or held.
        restedAt = undefined;
        if ((await journal.reload()) === 'taken') return 'taken';
        continue;
      }

      switch (next.kind) {
        case 'record':
          await record(journal, next.events);
          break;
        case 'step': {
          const taken = await takeStep(journal, next);
          if (taken === 'taken') return 'taken';
          if (taken === undefined) break;
          if (isQuick(journal, next.step)) settle(journal, next.step, await taken.performing);
          else flights.set(next.step.name, takeOff(journal, hand, next, taken));
          break;
        }
        case 'collect': {
          // A called run begins with this commit; who is woken before it rests would not hear of it.
          const isAlone = flights.size === 0 && moves.every(({ kind }) => kind === 'collect');
          if (isAlone) {
            const rested = await rest(journal, hand, restedAt, true);
            if (rested === 'taken') return 'taken';
            restedAt = journal.state.version;
          } else if ((await journal.commit()) === 'taken') return 'taken';
          if (journal.state.status !== 'running') break;
          const events = await collect(journal, next);
          if (events.length > 0) journal.add(events, { isRecorded: true });
          else lookedFor.add(next.step.name);
          break;
        }
        case 'round':
          journal.add(await startRound(journal, next.step));
          break;
        case 'roundEnd':
          journal.add(await finishRound(journal, next.step));
          break;
        case 'finish':
          journal.add(await evaluateResult(journal));
          break;
      }
    }
  }

  /**
   * Until something happens, or it is time for a branch that waits beside those that are under way. What a branch has come to is durable
   * before: its calls begin, and events that it waits for reach it.
   */
  async function sleep(journal: Journal, hand: Hand): Promise<'woken' | 'taken'> {
    if (journal.hasPending) {
      if ((await journal.commit()) === 'taken') return 'taken';
      await takeKeptEvents(journal);
      return 'woken';
    }
    const wakesAt = nextWake(journal.definition.plan, journal.state);
    const timer = wakesAt && wakeAt(wakesAt, hand);
    await hand.woken();
    clearTimeout(timer);
    return 'woken';
  }

  /** An event that came before the run waited for it may be meant. */
  async function takeKeptEvents(journal: Journal): Promise<void> {
    if (journal.takeNewAwaits() && (await deps.ledger.events.deliverKept(journal.runId))) await journal.reload();
  }

  /**
   * Makes durable what is pending and, unless the run has ended or is held, that nothing but what comes from outside moves it now, or, if
   * somebody `looks`, from the end of that look on.
   */
  async function rest(
    journal: Journal,
    hand: Hand,
    restedAt: number | undefined,
    looks: boolean,
  ): Promise<'rested' | 'moved' | 'taken'> {
    const { state, definition, hasPending } = journal;
    const { version } = state;
    if (state.status !== 'running') return (await journal.commit()) === 'taken' ? 'taken' : 'rested';
    const wakeAt = nextWake(definition.plan, state)?.toISOString();
    const keepsLocks = hand.locks.length > 0;
    const rests = {
      ...(wakeAt !== undefined && { wakeAt }),
      ...(looks && { looks }),
      ...(keepsLocks && { keepsLocks }),
    };
    if (hasPending) {
      if ((await journal.commit({ rests })) === 'taken') return 'taken';
    } else if (restedAt !== version && !(await deps.ledger.runs.rest(journal.runId, version, rests))) {
      if ((await journal.reload()) === 'taken') return 'taken';
    }
    await takeKeptEvents(journal);
    // Others have appended: their news may be a move.
    return journal.state.version === version ? 'rested' : 'moved';
  }

  /** A run that was out of hand may have lost its locks meanwhile. */
  async function keepLocks(journal: Journal, hand: Hand): Promise<void> {
    hand.locks = locksOf(journal);
    if (hand.locks.length === 0) return;
    const kept = new Set((await deps.ledger.locks.renew([journal.runId])).map(({ name }) => name));
    hand.lostLocks = hand.locks.filter((name) => !kept.has(name));
  }

  /** The run starts, unless its workflow has had its share of starts in this minute. */
  async function record(journal: Journal, events: NewRunEvent[]): Promise<void> {
    const { definition, requested, state } = journal;
    const limit = definition.guards.runsPerMinute;
    if (events[0]?.type !== 'RunStarted') return journal.add(events);
    if (limit !== null && !state.isReleased) {
      const starts = await deps.ledger.guards.countStart(requested.workflow, new Date());
      if (starts > limit) {
        const data = deps.holdBack({ name: 'runsPerMinute', limit, value: starts }, requested);
        return journal.add([{ type: 'RunPaused', data }]);
      }
    }
    // A run that asked for the latest version says with its start which one that was.
    journal.add(
      requested.version === 'latest' ? [{ type: 'RunStarted', data: { workflowVersion: definition.version } }] : events,
    );
  }
};

const locksOf = ({ state }: Journal): string[] =>
  Object.values(state.steps).flatMap(({ lock }) => (lock === undefined ? [] : [lock]));

/** What a run does under a lock that another run has now must not go on. */
const failLostLocks = (journal: Journal, hand: Hand): void => {
  hand.locks = locksOf(journal);
  const lost = hand.lostLocks;
  if (lost.length === 0) return;
  hand.lostLocks = [];
  for (const [name, { lock }] of Object.entries(journal.state.steps)) {
    const step = journal.definition.plan.steps.get(name);
    if (!step || lock === undefined || !lost.includes(lock)) continue;
    const failure = lostLock(lock);
    settle(journal, step, { outcome: { kind: 'failed', problem: failure.toProblem(), canRetry: failure.canRetry } });
  }
};

/**
 * Whether the effect is simply waited for, which costs less: it is alone, it ends soon by itself or not at all, and a pause or a
 * cancellation can wait for it.
 */
const isQuick = ({ definition: { plan } }: Journal, { announcesStart, action }: PlanStep): boolean =>
  action !== undefined && !announcesStart && !plan.hasForks && !plan.hasClaims && !plan.hasTimeLimits;

/** Lets the effect go on by itself; the walk is woken when it lands, and when its time is over. */
const takeOff = (journal: Journal, hand: Hand, move: StepMove, effect: Effectuation): Flight => {
  const flight: Flight = { move, giveUp: effect.giveUp };
  const land = (landed: Flight['landed']): void => {
    flight.landed = landed;
    hand.wake();
  };
  effect.performing.then(
    (performed) => land({ performed }),
    (error: unknown) => land({ error }),
  );
  const deadline = deadlineOf(journal.definition.plan, journal.state, move.step.name);
  if (deadline) flight.deadline = wakeAt(deadline, hand);
  return flight;
};

/** The longest that a timer can be set for; after it, it is looked at again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer may fire a little early: one millisecond more, and the time has come. */
const wakeAt = (deadline: Date, hand: Hand): NodeJS.Timeout =>
  setTimeout(hand.wake, Math.min(Math.max(0, deadline.getTime() - Date.now()) + 1, LONGEST_TIMER_MS));

const landedOf = (flights: Map<string, Flight>): Flight | undefined => {
  for (const flight of flights.values()) if (flight.landed) return flight;
  return undefined;
};

const isToDo = (move: Move, flights: Map<string, Flight>, lookedFor: ReadonlySet<string>): boolean => {
  if (move.kind === 'step') return !flights.has(move.step.name);
  return move.kind !== 'collect' || !lookedFor.has(move.step.name);
};

/** Ends the effects of steps at which the run no longer is: cancelled, out of time, or overtaken by another branch. */
const giveUpOthers = (flights: Map<string, Flight>, moves: readonly Move[]): void => {
  for (const [name, flight] of flights) {
    const isWanted = moves.some(
      (move) => move.kind === 'step' && move.step.name === name && move.attempt === flight.move.attempt,
    );
    if (isWanted) continue;
    flights.delete(name);
    end(flight);
  }
};

const end = (flight: Flight): void => {
  clearTimeout(flight.deadline);
  if (!flight.landed) flight.giveUp();
};
