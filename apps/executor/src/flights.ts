import { deadlineOf, type Move } from '@nightshift/workflow-core';
import type { Hand } from './hand.ts';
import type { Journal } from './journal.ts';
import type { Performed } from './perform/performed.ts';
import type { Effectuation, StepMove } from './take-step.ts';

/** An effect that is under way. It ends by itself, or is given up because the run no longer is at its step. */
interface Flight {
  readonly move: StepMove;
  readonly giveUp: () => void;
  landed?: { performed: Performed } | { error: unknown };
  deadline?: NodeJS.Timeout;
}

/** The effects of one run that are under way, by step. */
export interface Flights {
  isEmpty(): boolean;
  has(step: string): boolean;
  /** Lets the effect go on by itself; the hand is woken when it lands, and when the step's time is over. */
  takeOff(journal: Journal, move: StepMove, effect: Effectuation): void;
  /** Takes one out that has landed. @throws what the effect threw */
  landed(): { move: StepMove; performed: Performed } | undefined;
  /** Ends those of steps at which the run no longer is: it was cancelled, out of time, or overtaken by another branch. */
  giveUpOthers(moves: readonly Move[]): void;
  /** Ends all of them. */
  giveUp(): void;
}

export const makeFlights = (hand: Hand): Flights => {
  const flights = new Map<string, Flight>();

  const end = (name: string, flight: Flight): void => {
    flights.delete(name);
    clearTimeout(flight.deadline);
    if (!flight.landed) flight.giveUp();
  };

  return {
    isEmpty: () => flights.size === 0,
    has: (step) => flights.has(step),
    takeOff: ({ definition, state }, move, { performing, giveUp }) => {
      const { name } = move.step;
      const flight: Flight = { move, giveUp };
      const land = (landed: Flight['landed']): void => {
        flight.landed = landed;
        hand.wake();
      };
      performing.then(
        (performed) => land({ performed }),
        (error: unknown) => land({ error }),
      );
      const deadline = deadlineOf(definition.plan, state, name);
      if (deadline) flight.deadline = wakeAt(deadline, hand);
      flights.set(name, flight);
    },
    landed: () => {
      for (const [name, flight] of flights) {
        if (!flight.landed) continue;
        end(name, flight);
        if ('error' in flight.landed) throw flight.landed.error;
        return { move: flight.move, performed: flight.landed.performed };
      }
      return undefined;
    },
    giveUpOthers: (moves) => {
      for (const [name, flight] of flights) {
        const isWanted = moves.some(
          (move) => move.kind === 'step' && move.step.name === name && move.attempt === flight.move.attempt,
        );
        if (!isWanted) end(name, flight);
      }
    },
    giveUp: () => {
      for (const [name, flight] of flights) end(name, flight);
    },
  };
};

/** The longest that a timer can be set for; after it, it is looked at again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer may fire a little early: one millisecond more, and the time has come. */
export const wakeAt = (moment: Date, hand: Hand): NodeJS.Timeout =>
  setTimeout(hand.wake, Math.min(Math.max(0, moment.getTime() - Date.now()) + 1, LONGEST_TIMER_MS));
