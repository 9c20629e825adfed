import type { ListPace } from '@nightshift/contracts';

/** Items that one commit hands out. Larger batches hold the list's row longer; smaller ones cost more commits. */
export const HAND_OUT_ITEMS = 500;

/**
 * Items under way at once in a list without a limit of its own. Smaller, and executors run dry between two
 * hand-outs; larger, and one list fills the queue that the runs of others stand in.
 */
export const WINDOW_ITEMS = 2_000;

/** Below this interval several items that are due are handed out together; at or above it each start is spaced. */
const SPACED_FROM_MS = 50;

/** A start that is later than this moves the grid of those after it. Smaller, and every busy moment would; larger, and two starts come visibly closer. */
const GRID_SLACK_MS = 20;

/**
 * Runs start some milliseconds after they are handed out, and not equally many: a rate's window is longer by this, at most by a tenth, so that
 * the starts keep to it too.
 */
const START_SPREAD_MS = 50;

/** Moments are remembered this exactly, as a part of the stretch that they matter for: what is kept of a list stays small. */
const MEMORY_PARTS = 64;

export interface PaceRules extends ListPace {
  isSequential: boolean;
  concurrency: number | null;
}

/** So many, counted from or until a moment; ascending. */
type Moments = [atMs: number, count: number][];

/** What the pace knows of before. */
export interface PaceMemory {
  /** Of a rate: when items were started, within its window. */
  started?: Moments;
  /** Of a gap: when places become free that ended items have left. */
  resting?: Moments;
  /** Of a gap: how many items had ended at the last look. */
  ended?: number;
}

export interface PaceInput {
  rules: PaceRules;
  memory: PaceMemory;
  /** No item starts before. */
  nextStartMs: number;
  nowMs: number;
  inFlight: number;
  /** Items that could start, as far as their turn goes. */
  left: number;
  /** Items that have started and ended, and when the last of them did. */
  ended: number;
  lastEndMs: number | null;
}

export interface Paced {
  start: number;
  nextStartMs: number;
  memory: PaceMemory;
  /** When more may start without anything else happening; undefined: when an item ends. */
  nextDueMs: number | undefined;
}

/**
 * How many items may start now, and when the next ones may. Pure, and safe to be asked at any moment, late or too often: it never allows a start
 * that the rules forbid, whatever it was asked before.
 */
export const pace = (input: PaceInput): Paced => {
  const { rules, memory, nextStartMs, nowMs, left } = input;
  if (left <= 0) return { start: 0, nextStartMs, memory, nextDueMs: undefined };
  if (nowMs < nextStartMs) return { start: 0, nextStartMs, memory, nextDueMs: nextStartMs };
  const room = placesOf(rules) - input.inFlight;
  const most = Math.max(0, Math.min(HAND_OUT_ITEMS, room, left));
  const paced = byPace(input, most, room);
  // A commit takes a part only, and the rest at once.
  const isCut = paced.start === HAND_OUT_ITEMS && room > HAND_OUT_ITEMS && left > HAND_OUT_ITEMS;
  return paced.start < left
    ? { ...paced, nextDueMs: paced.nextDueMs ?? (isCut ? nowMs : undefined) }
    : withoutNext(paced);
};

const withoutNext = (paced: Paced): Paced => ({ ...paced, nextDueMs: undefined });

const placesOf = ({ isSequential, concurrency, gapMs }: PaceRules): number => {
  if (isSequential) return 1;
  return concurrency ?? (gapMs === null ? WINDOW_ITEMS : 1);
};

const byPace = (input: PaceInput, most: number, room: number): Paced => {
  const { intervalMs, gapMs, rate } = input.rules;
  if (intervalMs !== null) return onGrid(input, intervalMs, most, room);
  if (rate !== null) return withinRate(input, rate, most);
  if (gapMs !== null) return afterGap(input, gapMs, most, room);
  return { start: most, nextStartMs: input.nextStartMs, memory: {}, nextDueMs: undefined };
};

/** Starts lie on a grid from the first one on. One that comes late moves the grid: starts stay spaced, they never bunch. */
const onGrid = (input: PaceInput, intervalMs: number, most: number, room: number): Paced => {
  const { nextStartMs, nowMs } = input;
  const lateMs = nowMs - nextStartMs;
  const isSpaced = intervalMs >= SPACED_FROM_MS;
  const due = isSpaced ? 1 : Math.floor(Math.min(lateMs, SPACED_FROM_MS) / intervalMs) + 1;
  const start = Math.min(most, due);
  if (start === 0) return { start, nextStartMs, memory: {}, nextDueMs: undefined };
  const isFirst = input.inFlight + input.ended === 0;
  const isLate = isFirst || lateMs > (isSpaced ? GRID_SLACK_MS : SPACED_FROM_MS);
  const next = isLate ? nowMs + intervalMs : nextStartMs + start * intervalMs;
  return { start, nextStartMs: next, memory: {}, nextDueMs: room > start ? next : undefined };
};

const withinRate = (
  { memory, nextStartMs, nowMs }: PaceInput,
  { limit, perMs }: NonNullable<ListPace['rate']>,
  most: number,
): Paced => {
  const windowMs = perMs + Math.min(START_SPREAD_MS, Math.ceil(perMs / 10));
  const started = (memory.started ?? []).filter(([atMs]) => atMs + windowMs > nowMs);
  const allowed = limit - countOf(started);
  const start = Math.max(0, Math.min(most, allowed));
  const now = start > 0 ? remembered(started, nowMs, start, windowMs) : started;
  const isFull = start === allowed || allowed <= 0;
  const next = isFull && now.length > 0 ? now[0]![0] + windowMs : undefined;
  return { start, nextStartMs, memory: { started: now }, nextDueMs: next };
};

/** A place that an item has left rests for the gap before another one takes it. */
const afterGap = (input: PaceInput, gapMs: number, most: number, room: number): Paced => {
  const { memory, nextStartMs, nowMs, ended, lastEndMs } = input;
  const left = (memory.resting ?? []).filter(([freeAtMs]) => freeAtMs > nowMs);
  const newlyEnded = ended - (memory.ended ?? 0);
  const freeAtMs = (lastEndMs ?? nowMs) + gapMs;
  const resting = newlyEnded > 0 && freeAtMs > nowMs ? remembered(left, freeAtMs, newlyEnded, gapMs) : left;
  const start = Math.max(0, Math.min(most, room - countOf(resting)));
  const isHeldBack = resting.length > 0 && room > start;
  return { start, nextStartMs, memory: { resting, ended }, nextDueMs: isHeldBack ? resting[0]![0] : undefined };
};

const countOf = (moments: Moments): number => moments.reduce((sum, [, count]) => sum + count, 0);

/** With one more moment. Those that lie close together count as the later of them, so that nothing is free too early. */
const remembered = (moments: Moments, atMs: number, count: number, stretchMs: number): Moments => {
  const partMs = Math.max(1, stretchMs / MEMORY_PARTS);
  const last = moments.at(-1);
  if (!last || Math.floor(last[0] / partMs) !== Math.floor(atMs / partMs)) return [...moments, [atMs, count]];
  return [...moments.slice(0, -1), [Math.max(last[0], atMs), last[1] + count]];
};
