import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@nightshift/contracts';
import { isAway } from '../database/postgres-error.ts';
import { nearestName } from '../nearest-name.ts';
import type { StoredType } from './stored-type.ts';

/**
 * The types as they were last read. Read again when one was declared (here or by another replica), and when a request names
 * something unknown: it may have come in the meantime, through psql too.
 */
export interface TypeCatalog {
  /** @throws Failure `type.not_found` with the nearest name, `data.unavailable` */
  find(name: string): Promise<StoredType>;
  /** As they are now: read again, since another replica may have declared one a moment ago. */
  all(): Promise<readonly StoredType[]>;
  /** Reads all types again. Calls at the same time share one reading that begins after them. */
  reload(): Promise<void>;
  /** The same, but not before the last reading has some age: however many ask, there are few readings. */
  reloadSoon(): Promise<void>;
}

/** A flood of wrong names must not become a flood of readings: an unknown name waits until the last reading is this old. */
const RELOAD_PAUSE_MS = 50;

export const makeTypeCatalog = (readTypes: () => Promise<StoredType[]>, now: () => number = Date.now): TypeCatalog => {
  let types: Map<string, StoredType> | undefined;
  let readAtMs = 0;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let soon: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const startedAtMs = now();
    try {
      types = new Map((await readTypes()).map((type) => [type.name, type]));
      readAtMs = startedAtMs;
    } catch (error) {
      throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
    }
  };
  const start = (): Promise<void> => {
    running = read().finally(() => (running = undefined));
    return running;
  };
  const reload = (): Promise<void> => {
    if (running === undefined) return start();
    queued ??= running
      .catch(() => {})
      .then(() => {
        queued = undefined;
        return start();
      });
    return queued;
  };
  const readSoon = (): Promise<void> => {
    soon ??= delay(types === undefined ? 0 : Math.max(0, readAtMs + RELOAD_PAUSE_MS - now())).then(() => {
      soon = undefined;
      return reload();
    });
    return soon;
  };

  return {
    reload,
    reloadSoon: readSoon,
    find: async (name) => {
      const known = types?.get(name);
      if (known !== undefined) return known;
      await readSoon();
      const found = types?.get(name);
      if (found !== undefined) return found;
      const suggestion = nearestName(name, types?.keys() ?? []);
      const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
      throw new Failure('type.not_found', {
        detail: `There is no type ${name}.${hint}`,
        errors: [{ pointer: '/type', detail: 'is not a known type', ...(suggestion !== undefined && { suggestion }) }],
      });
    },
    all: async () => {
      await reload();
      return [...types!.values()];
    },
  };
};
