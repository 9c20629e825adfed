/**
 * The clock and the chance of one simulation, in place of the process's own: `Date`, `performance.now`, timers and `Math.random`. Time
 * stands still while code runs, and jumps to the next planned moment when nothing is left to run.
 */
export interface VirtualTime {
  now(): number;
  /** Plans something. What is planned for the same moment happens in the order of planning. */
  after(delayMs: number, happen: () => void): Planned;
  /** Lets time go on until `isOver`, or until nothing is planned before `untilMs`. */
  pass(untilMs: number, isOver?: () => boolean): Promise<void>;
  /** Takes the place of the process's clock and chance, until what is returned is called. */
  install(random: () => number): () => void;
}

export interface Planned {
  cancel(): void;
}

interface Moment extends Planned {
  atMs: number;
  order: number;
  happen: (() => void) | undefined;
}

const RealDate = Date;
/** Called by the real event loop, each when every microtask has run that the one before it led to. */
const afterMicrotasks = setImmediate;
/** A turn of the real event loop costs more than a moment of the simulation, so it is shared by many. */
const MOMENTS_A_TURN = 200;

export const makeVirtualTime = (startMs: number): VirtualTime => {
  let nowMs = startMs;
  let order = 0;
  const heap: Moment[] = [];

  const plan = (delayMs: number, happen: () => void): Moment => {
    const moment: Moment = {
      atMs: nowMs + Math.max(0, delayMs),
      order: order++,
      happen,
      cancel: () => (moment.happen = undefined),
    };
    push(heap, moment);
    return moment;
  };

  return {
    now: () => nowMs,
    after: plan,
    pass: (untilMs, isOver = () => false) =>
      new Promise((resolve, reject) => {
        let isDone = false;
        const end = (): void => {
          isDone = true;
          resolve();
        };
        const goOn = (): void => {
          if (isDone) return;
          if (isOver()) return end();
          const next = heap[0];
          if (!next || next.atMs > untilMs) {
            nowMs = Math.max(nowMs, untilMs);
            return end();
          }
          pop(heap);
          if (!next.happen) return;
          nowMs = next.atMs;
          try {
            next.happen();
          } catch (error) {
            isDone = true;
            reject(error as Error);
          }
        };
        const turn = (): void => {
          if (isDone) return;
          for (let moment = 0; moment < MOMENTS_A_TURN; moment++) afterMicrotasks(goOn);
          afterMicrotasks(turn);
        };
        turn();
      }),
    install: (random) => install(plan, () => Math.floor(nowMs), random),
  };
};

type Callback = (...given: unknown[]) => void;

const install = (
  plan: (delayMs: number, happen: () => void) => Planned,
  now: () => number,
  random: () => number,
): (() => void) => {
  const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis;
  const realNow = performance.now;
  const realRandom = Math.random;
  const cancel = (planned: Planned | undefined): void => planned?.cancel();

  const replaced = {
    Date: class extends RealDate {
      constructor(...given: [value?: number | string | Date]) {
        if (given.length === 0) super(now());
        else super(...(given as [number]));
      }
      static override now = now;
    },
    setTimeout: (callback: Callback, delayMs = 0, ...given: unknown[]) => plan(delayMs, () => callback(...given)),
    setImmediate: (callback: Callback, ...given: unknown[]) => plan(0, () => callback(...given)),
    setInterval: (callback: Callback, everyMs: number) => {
      let next: Planned;
      const again = (): void => {
        next = plan(everyMs, again);
        callback();
      };
      next = plan(everyMs, again);
      return { cancel: () => next.cancel() };
    },
    clearTimeout: cancel,
    clearInterval: cancel,
  };
  Object.assign(globalThis, replaced);
  performance.now = now;
  Math.random = random;
  return () => {
    Object.assign(globalThis, { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate });
    performance.now = realNow;
    Math.random = realRandom;
  };
};

const isBefore = (one: Moment, other: Moment): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

const push = (heap: Moment[], moment: Moment): void => {
  let at = heap.push(moment) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(moment, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = moment;
};

const pop = (heap: Moment[]): void => {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
};
