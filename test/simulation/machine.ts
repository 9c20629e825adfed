import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How often what goes wrong, of each call that a process makes. */
export interface Weather {
  /** The process dies with the call. */
  crash: number;
  /** The process stands still for a while, as a machine does that swaps. */
  stall: number;
  /** The call never arrives. */
  lostCall: number;
  /** It is done, but who called does not hear of it. */
  lostAnswer: number;
  /** It arrives seconds later. */
  late: number;
}

/**
 * A process of the simulation. When it dies, nothing that it began goes on in it: the answers to its calls never come. What it had sent
 * just before still arrives. Starting it again is another process.
 */
export interface Process {
  /** As traces call it; the next process of its kind has the same. */
  readonly kind: string;
  /** Its own. */
  readonly name: string;
  readonly isAlive: boolean;
  readonly isStalled: boolean;
  /** Plans what the process does by itself; it does not, if it is dead by then, and later, if it stands still. */
  later(delayMs: number, happen: () => void): void;
  /** Sends something that is not answered. */
  send(arrive: () => void): void;
  /**
   * Calls a server. `call` is done there in one moment of virtual time. What is lost is answered with what `lost` makes of it, `true` if it
   * was done.
   */
  call<T>(call: () => T | Promise<T>, lost: (isDone: boolean) => T | Promise<T>): Promise<T>;
  kill(): void;
}

export interface ProcessDeps {
  time: VirtualTime;
  chance: Chance;
  weather: Weather;
  /** It died; never told of one that cannot. */
  onDeath: () => void;
  onStall: () => void;
}

/** Longer than every lease and ack wait now and then, so that others take over from a process that then goes on. */
const STALLS_MS = [300, 2_000, 5_000, 20_000, 45_000];

/** By then a server that answers has noticed that the connection of a dead process is gone. */
const OUTLIVES_MS = 500;

const LATE_MS = [500, 2_500, 6_000, 12_000];

export const makeProcess = (
  kind: string,
  start: number,
  { time, chance, weather, onDeath, onStall }: ProcessDeps,
): Process => {
  let isAlive = true;
  let diedAt = Infinity;
  let goesOnAt = 0;

  const kill = (): void => {
    if (!isAlive) return;
    isAlive = false;
    diedAt = time.now();
    onDeath();
  };
  const stall = (): void => {
    goesOnAt = time.now() + chance.pick(STALLS_MS);
    onStall();
  };
  const later = (delayMs: number, happen: () => void): void =>
    void time.after(delayMs, () => {
      if (!isAlive) return;
      if (time.now() < goesOnAt) later(goesOnAt - time.now(), happen);
      else happen();
    });
  const arrives = (arrive: () => void): void =>
    void time.after(Math.max(transitMs(), goesOnAt - time.now()), () => {
      if (time.now() <= diedAt + OUTLIVES_MS) arrive();
    });
  const transitMs = (): number => {
    if (chance.strikes(weather.late)) return chance.pick(LATE_MS);
    return chance.random() * (chance.strikes(0.05) ? 60 : 3);
  };

  return {
    kind,
    name: `${kind} start ${start}`,
    get isAlive() {
      return isAlive;
    },
    get isStalled() {
      return time.now() < goesOnAt;
    },
    kill,
    later,
    send: (arrive) => {
      if (isAlive) time.after(Math.max(transitMs(), goesOnAt - time.now()), arrive);
    },
    call: (call, lost) =>
      new Promise((resolve, reject) => {
        if (!isAlive) return;
        const isCrash = chance.strikes(weather.crash);
        // Half of the processes that die over a call had not sent it yet.
        if (isCrash && chance.random() < 0.5) return kill();
        if (chance.strikes(weather.stall)) stall();
        const answer = (result: Promise<Awaited<ReturnType<typeof call>>>): void =>
          later(transitMs(), () => void result.then(resolve, reject));
        if (chance.strikes(weather.lostCall)) return answer(swallow(() => lost(false)));
        arrives(() => {
          const result = swallow(call);
          if (isCrash) kill();
          else answer(chance.strikes(weather.lostAnswer) ? swallow(() => lost(true)) : result);
        });
      }),
  };
};

/** The outcome, which may be heard later than it is there, or never. */
const swallow = <T>(work: () => T | Promise<T>): Promise<Awaited<T>> => {
  const result = (async () => work())() as Promise<Awaited<T>>;
  result.catch(() => {});
  return result;
};
