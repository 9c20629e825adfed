import type { NewRunEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { isEnded, nextMoves, nextWake, type Move, type PlanStep } from '@nightshift/workflow-core';
import { makeCollect } from './collect.ts';
import { evaluateResult, finishRound, startRound } from './evaluate-moves.ts';
import { makeFlights, wakeAt, type Flights } from './flights.ts';
import type { Hand } from './hand.ts';
import type { Journal } from './journal.ts';
import { failLostLocks, renewLocks } from './locks-in-hand.ts';
import type { HoldBack } from './perform/guards.ts';
import { makeTakeStep, settle, type StepMove, type TakeStepDeps } from './take-step.ts';

export interface WalkDeps extends TakeStepDeps {
  ledger: Ledger;
  holdBack: HoldBack;
}

/** A run on its way. */
interface Walk {
  readonly journal: Journal;
  readonly hand: Hand;
  readonly flights: Flights;
  /** Steps whose wait was looked for in vain since the last news. */
  lookedFor: Set<string>;
  /** With which version the run was put to rest. */
  restedAt?: number | undefined;
}

/** `rests`: there is nothing to do. `taken`: the run turned out to be in another executor's hands. */
export type Walked = 'rests' | 'taken';

/** Whether the walk goes on after a part of it. */
type Going = Walked | 'goes on';

/**
 * Walks a run as far as it goes. Everything that touches the journal happens here, one thing after the other; only effects go on side by
 * side, in the branches of a `fork`.
 */
export const makeWalk = (deps: WalkDeps) => {
  const { ledger } = deps;
  const takeStep = makeTakeStep(deps);
  const collect = makeCollect(ledger);

  return async (journal: Journal, hand: Hand): Promise<Walked> => {
    const walk: Walk = { journal, hand, flights: makeFlights(hand), lookedFor: new Set() };
    if (journal.definition.plan.hasClaims) await renewLocks(ledger, journal, hand);
    try {
      let going: Going;
      do going = await goOn(walk);
      while (going === 'goes on');
      return going;
    } finally {
      walk.flights.giveUp();
    }
  };

  /** One move, or what is to be done where there is none. */
  async function goOn(walk: Walk): Promise<Going> {
    const { journal, hand, flights } = walk;
    const isFlying = flights.size > 0;
    if (isFlying && hand.hasNews) {
      hand.hasNews = false;
      walk.lookedFor.clear();
      if ((await journal.reload()) === 'taken') return 'taken';
    }
    const { plan } = journal.definition;
    if (plan.hasClaims) failLostLocks(journal, hand);
    const moves = nextMoves(plan, journal.state, new Date());
    if (isFlying) {
      // A paused run's effects end in their own time.
      if (journal.state.status === 'running' || isEnded(journal.state.status)) flights.giveUpOthers(moves);
      const landed = flights.landed();
      if (landed) {
        settle(journal, landed.move.step, landed.performed);
        return 'goes on';
      }
    }
    const next = moves.find((move) => isToDo(walk, move));
    if (next) return take(walk, next, moves);
    return flights.size > 0 ? sleep(walk) : comeToRest(walk);
  }

  async function take(walk: Walk, move: Move, moves: readonly Move[]): Promise<Going> {
    const { journal } = walk;
    switch (move.kind) {
      case 'record':
        await record(journal, move.events);
        return 'goes on';
      case 'step':
        return step(walk, move);
      case 'collect':
        return look(walk, move, moves);
      case 'round':
        journal.add(await startRound(journal, move.step));
        return 'goes on';
      case 'roundEnd':
        journal.add(await finishRound(journal, move.step));
        return 'goes on';
      case 'finish':
        journal.add(await evaluateResult(journal));
        return 'goes on';
    }
  }

  async function step({ journal, flights }: Walk, move: StepMove): Promise<Going> {
    const taken = await takeStep(journal, move);
    if (taken === 'taken') return 'taken';
    if (taken === undefined) return 'goes on';
    if (isQuick(journal, move.step)) settle(journal, move.step, await taken.performing);
    else flights.takeOff(journal, move, taken);
    return 'goes on';
  }

  /** Looks whether what a step waits for has come about. */
  async function look(walk: Walk, move: Move & { kind: 'collect' }, moves: readonly Move[]): Promise<Going> {
    const { journal, flights } = walk;
    // A called run begins with this commit; who is woken before it rests would not hear of it.
    const isAlone = flights.size === 0 && moves.every(({ kind }) => kind === 'collect');
    const done = isAlone ? await rest(walk, true) : await journal.commit();
    if (done === 'taken') return 'taken';
    if (journal.state.status !== 'running') return 'goes on';
    const events = await collect(journal, move);
    if (events.length > 0) journal.add(events, { isRecorded: true });
    else walk.lookedFor.add(move.step.name);
    return 'goes on';
  }

  /**
   * Until something happens, or it is time for a branch that waits beside those that are under way. What a branch has come to is durable
   * before: its calls begin, and events that it waits for reach it.
   */
  async function sleep(walk: Walk): Promise<Going> {
    const { journal, hand } = walk;
    const { plan } = journal.definition;
    if (!plan.hasForks) {
      await hand.woken();
      return 'goes on';
    }
    walk.lookedFor.clear();
    if (journal.hasPending) {
      if ((await journal.commit()) === 'taken') return 'taken';
      await takeKeptEvents(journal);
      return 'goes on';
    }
    const wakesAt = nextWake(plan, journal.state);
    const timer = wakesAt && wakeAt(wakesAt, hand);
    await hand.woken();
    clearTimeout(timer);
    return 'goes on';
  }

  /** Nothing moves the run now. What was looked for before it rested is looked for once more: what came about then woke nobody. */
  async function comeToRest(walk: Walk): Promise<Going> {
    const { journal } = walk;
    const looks = walk.lookedFor.size > 0;
    const wasResting = walk.restedAt === journal.state.version && !journal.hasPending;
    const rested = await rest(walk, looks);
    if (rested === 'taken') return 'taken';
    if (rested === 'moved') return 'goes on';
    if (!looks || journal.state.status !== 'running') return 'rests';
    walk.lookedFor.clear();
    if (!wasResting) return 'goes on';
    if (await ledger.runs.leave(journal.runId)) return 'rests';
    // Since then it was woken, or held.
    walk.restedAt = undefined;
    return (await journal.reload()) === 'taken' ? 'taken' : 'goes on';
  }

  /**
   * Makes durable what is pending and, unless the run has ended or is held, that nothing but what comes from outside moves it now, or, if
   * somebody `looks`, from the end of that look on.
   */
  async function rest(walk: Walk, looks: boolean): Promise<'rested' | 'moved' | 'taken'> {
    const { journal, hand, restedAt } = walk;
    const { state, definition, hasPending } = journal;
    const { version } = state;
    if (state.status !== 'running') return (await journal.commit()) === 'taken' ? 'taken' : 'rested';
    const wakesAt = nextWake(definition.plan, state)?.toISOString();
    const rests = {
      ...(wakesAt !== undefined && { wakeAt: wakesAt }),
      ...(looks && { looks }),
      ...(hand.locks.length > 0 && { keepsLocks: true }),
    };
    if (hasPending) {
      if ((await journal.commit({ rests })) === 'taken') return 'taken';
    } else if (restedAt !== version && !(await ledger.runs.rest(journal.runId, version, rests))) {
      if ((await journal.reload()) === 'taken') return 'taken';
    }
    await takeKeptEvents(journal);
    walk.restedAt = journal.state.version;
    // Others have appended: their news may be a move.
    return walk.restedAt === version ? 'rested' : 'moved';
  }

  /** An event that came before the run waited for it may be meant. */
  async function takeKeptEvents(journal: Journal): Promise<void> {
    if (journal.takeNewAwaits() && (await ledger.events.deliverKept(journal.runId))) await journal.reload();
  }

  /** The run starts, unless its workflow has had its share of starts in this minute. */
  async function record(journal: Journal, events: NewRunEvent[]): Promise<void> {
    const { definition, requested, state } = journal;
    const limit = definition.guards.runsPerMinute;
    if (events[0]?.type !== 'RunStarted') return journal.add(events);
    if (limit !== null && !state.isReleased) {
      const starts = await ledger.guards.countStart(requested.workflow, new Date());
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

const isToDo = ({ flights, lookedFor }: Walk, move: Move): boolean => {
  if (move.kind === 'step') return !flights.has(move.step.name);
  return move.kind !== 'collect' || !lookedFor.has(move.step.name);
};

/**
 * Whether the effect is simply waited for, which costs less: it is alone, it ends soon by itself or not at all, and a pause or a
 * cancellation can wait for it.
 */
const isQuick = ({ definition: { plan } }: Journal, { announcesStart, action }: PlanStep): boolean =>
  action !== undefined && !announcesStart && !plan.hasForks && !plan.hasClaims && !plan.hasTimeLimits;
