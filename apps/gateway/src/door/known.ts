import { Failure, type FailureCode } from '@nightshift/contracts';

/**
 * How long something is taken for true without looking. Longer, and what changed and whose signal was lost goes unnoticed for as long;
 * shorter, and busy callers pay for more reads.
 */
const AGE_LIMIT_MS = 5_000;
/** From this age on it is looked up again on the side, so that who asks often never waits. */
const REFRESH_FROM_MS = 2_500;
/** How long what was known goes on being so while nobody can be asked. Longer, and who was sent away in that time stays in for as long. */
const AWAY_LIMIT_MS = 10 * 60_000;
/** A read that takes longer counts as failed. */
const READ_TIMEOUT_MS = 2_000;
/** After a read that failed nobody waits for another one for so long. */
const PAUSE_MS = 1_000;
/** The most that is looked up at once: there is one read at a time, so that a flood of unknown ids is no flood of reads. */
const READ_MOST = 200;
/** The most that is remembered; what came first goes first. */
const KNOWN_MOST = 10_000;

/**
 * What was read, by id, and remembered for a moment. An entry is fresh for 5 s, unless it is forgotten: then it is read before it is used again. While
 * nothing can be read, entries that were read in the last 10 minutes go on, except for those that are known to have changed.
 */
export interface Known<T> {
  /** What is known to be current: the hot path, without a promise. */
  get(id: string): T | undefined;
  /** Undefined: there is no such thing. @throws Failure of `unavailable` */
  load(id: string): Promise<T | undefined>;
  /** It has changed. */
  forget(id: string): void;
  /** Anything may have changed. */
  doubt(): void;
}

interface Entry<T> {
  value: T;
  readAtMs: number;
  isDoubted: boolean;
}

interface Wanted<T> {
  promise: Promise<T | undefined>;
  resolve(value: T | undefined): void;
  reject(error: unknown): void;
}

export interface KnownDeps<T> {
  /** Those of the ids that there are. */
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;
  /** What is thrown when that takes too long. */
  unavailable: FailureCode;
  nowMs: () => number;
}

export const makeKnown = <T>({ read, unavailable, nowMs }: KnownDeps<T>): Known<T> => {
  const entries = new Map<string, Entry<T>>();
  const wanted = new Map<string, Wanted<T>>();
  const reading = new Map<string, Wanted<T>>();
  let isReading = false;
  let awayUntilMs = 0;
  let away: unknown;

  const keep = (id: string, value: T, readAtMs: number): void => {
    entries.delete(id);
    entries.set(id, { value, readAtMs, isDoubted: false });
    if (entries.size > KNOWN_MOST) entries.delete(entries.keys().next().value!);
  };

  const settle = async (batch: Map<string, Wanted<T>>): Promise<void> => {
    const readAtMs = nowMs();
    try {
      const found = await inTime(read([...batch.keys()]), unavailable);
      for (const [id, { resolve }] of batch) {
        const value = found.get(id);
        // What changed while it was read is not current.
        if (reading.has(id)) {
          if (value === undefined) entries.delete(id);
          else keep(id, value, readAtMs);
        }
        resolve(value);
      }
    } catch (error) {
      away = error;
      awayUntilMs = nowMs() + PAUSE_MS;
      for (const { reject } of batch.values()) reject(error);
    }
  };

  const pump = (): void => {
    if (isReading || wanted.size === 0) return;
    const batch = new Map([...wanted].slice(0, READ_MOST));
    for (const [id, one] of batch) {
      wanted.delete(id);
      reading.set(id, one);
    }
    isReading = true;
    void settle(batch).then(() => {
      reading.clear();
      isReading = false;
      pump();
    });
  };

  const ask = (id: string): Promise<T | undefined> => {
    const under = reading.get(id) ?? wanted.get(id);
    if (under !== undefined) return under.promise;
    const one: Wanted<T> = Promise.withResolvers<T | undefined>();
    wanted.set(id, one);
    // Nobody may wait for it.
    one.promise.catch(() => {});
    // Whatever is asked for in one go is one read.
    queueMicrotask(pump);
    return one.promise;
  };

  const fallBack = (id: string, error: unknown): T => {
    const entry = entries.get(id);
    if (entry !== undefined && nowMs() - entry.readAtMs < AWAY_LIMIT_MS) return entry.value;
    throw error;
  };

  return {
    get: (id) => {
      const entry = entries.get(id);
      if (entry === undefined || entry.isDoubted) return undefined;
      const ageMs = nowMs() - entry.readAtMs;
      if (ageMs >= AGE_LIMIT_MS) return undefined;
      if (ageMs >= REFRESH_FROM_MS && nowMs() >= awayUntilMs) void ask(id);
      return entry.value;
    },

    load: async (id) => {
      if (nowMs() < awayUntilMs) return fallBack(id, away);
      try {
        return await ask(id);
      } catch (error) {
        return fallBack(id, error);
      }
    },

    forget: (id) => {
      entries.delete(id);
      // What is being read now may have been read before the change.
      reading.delete(id);
    },

    doubt: () => {
      for (const entry of entries.values()) entry.isDoubted = true;
      reading.clear();
    },
  };
};

const inTime = async <T>(work: Promise<T>, code: FailureCode): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure(code, { detail: 'It takes too long to answer' })), READ_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
};
