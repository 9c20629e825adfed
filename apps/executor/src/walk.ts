import type { NewRunEvent, RunRequested } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { isEnded, nextMoves, nextWake, type Move, type PlanStep } from '@nightshift/workflow-core';
import { makeCollect } from './collect.ts';
import type { Definition } from './definitions.ts';
import { evaluateResult, finishRound, startRound } from './evaluate-moves.ts';
import { makeFlights, wakeAt, type Flights } from './flights.ts';
import type { Hand } from './hand.ts';
import type { Journal } from './journal.ts';
import { failLostLocks, renewLocks } from './locks-in-hand.ts';
import { actingUserOf } from './perform/acting-user.ts';
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
  /** Since when it looks whether what it rests for has come already. */
  looksSince: string;
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
    const walk: Walk = { journal, hand, flights: makeFlights(hand), lookedFor: new Set(), looksSince: '' };
    if (journal.definition.plan.hasClaims) await renewLocks(ledger, journal, hand);
    try {
      for (;;) {
        const going = goOn(walk);
        const gone = going instanceof Promise ? await going : going;
        if (gone !== 'goes on') return gone;
      }
    } finally {
      walk.flights.giveUp();
    }
  };

  /** One move, or what is to be done where there is none. A promise only where there is something to wait for: most moves only compute. */
  function goOn(walk: Walk): Promise<Going> | Going {
    const { journal, hand, flights } = walk;
    const isFlying = !flights.isEmpty();
    if (isFlying && hand.hasNews) return takeNews(walk);
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
    return flights.isEmpty() ? comeToRest(walk) : sleep(walk);
  }

  function take(walk: Walk, move: Move, moves: readonly Move[]): Promise<Going> | Going {
    const { journal } = walk;
    switch (move.kind) {
      case 'record':
        return record(journal, move.events);
      case 'step':
        return step(walk, move);
      case 'collect':
        return look(walk, move, moves);
      case 'round':
        return added(journal, startRound(journal, move.step));
      case 'roundEnd':
        return added(journal, finishRound(journal, move.step));
      case 'finish':
        return added(journal, evaluateResult(journal));
    }
  }

  async function takeNews({ journal, hand, lookedFor }: Walk): Promise<Going> {
    hand.hasNews = false;
    lookedFor.clear();
    return (await journal.reload()) === 'taken' ? 'taken' : 'goes on';
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
    const isAlone = flights.isEmpty() && moves.every(({ kind }) => kind === 'collect');
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
    if (await ledger.runs.leave(journal.runId, walk.looksSince)) return 'rests';
    // Since then it was woken or held, or another executor looks.
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
    if (!hasPending && restedAt === version) return 'rested';
    const wakesAt = nextWake(definition.plan, state)?.toISOString();
    if (looks) walk.looksSince = new Date().toISOString();
    const rests = {
      ...(wakesAt !== undefined && { wakeAt: wakesAt }),
      ...(looks && { looks: walk.looksSince }),
      ...(hand.locks.length > 0 && { keepsLocks: true }),
    };
    if (hasPending) {
      if ((await journal.commit({ rests })) === 'taken') return 'taken';
    } else if (!(await ledger.runs.rest(journal.runId, version, rests))) {
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

  function record(journal: Journal, events: NewRunEvent[]): Promise<Going> | Going {
    const { definition, requested } = journal;
    if (events[0]?.type !== 'RunStarted') journal.add(events);
    else if (definition.guards.runsPerMinute !== null) return startWithin(journal, definition.guards.runsPerMinute);
    else journal.add([startOf(definition, requested)]);
    return 'goes on';
  }

  /** The run starts, unless its workflow has had its share of starts in this minute. */
  async function startWithin(journal: Journal, limit: number): Promise<Going> {
    const { definition, requested, state } = journal;
    const starts = state.isReleased ? 0 : await ledger.guards.countStart(requested.workflow, new Date());
    if (starts <= limit) journal.add([startOf(definition, requested)]);
    else {
      const data = deps.holdBack({ name: 'runsPerMinute', limit, value: starts }, requested);
      journal.add([{ type: 'RunPaused', data }]);
    }
    return 'goes on';
  }
};

/** A run that asked for the latest version says with its start which one that was, and one that acts as a user whether it heeds his privacy rules. */
const startOf = (definition: Definition, requested: RunRequested): NewRunEvent => ({
  type: 'RunStarted',
  data: {
    ...(requested.version === 'latest' && { workflowVersion: definition.version }),
    ...(actingUserOf(requested, definition)?.ignorePrivacy === true && { ignoresPrivacy: true }),
  },
});

const added = async (journal: Journal, happened: Promise<NewRunEvent[]>): Promise<Going> => {
  journal.add(await happened);
  return 'goes on';
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
