import type { Thing } from '@nightshift/contracts';

/**
 * Versions of things that were read or written: no part of the thing, so that nobody is shown them who does not ask. A version is the
 * transaction that last changed the row (`xmin`); Postgres keeps it for every table, attached ones too.
 */
const versions = new WeakMap<Thing, string>();

/** What a statement names the version. No column can be called so. */
export const VERSION_COLUMN = 'xmin';

export const rememberVersion = (thing: Thing, version: string | null | undefined): void => {
  if (version != null) versions.set(thing, version);
};

/** Undefined for one that came without. */
export const versionOf = (thing: Thing): string | undefined => versions.get(thing);
