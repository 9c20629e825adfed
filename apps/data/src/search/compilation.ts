import type { StoredType } from '../catalog/stored-type.ts';
import { sourceOf, type Reading } from './source.ts';
import type { Violations } from './violations.ts';

/** A search is a question of a person; a machine that asks more is mistaken or hostile. */
const MOST_CONDITIONS = 500;

/** How an index would have to serve a condition that everything found must meet. */
export interface Use {
  readonly field: string;
  readonly as: 'value' | 'start' | 'part' | 'caseless' | 'words' | 'element';
}

/** Where a condition stands. */
export interface Position {
  readonly type: StoredType;
  /** The source that its fields are of. */
  readonly alias: string;
  readonly pointer: string;
  readonly depth: number;
  /** Whether everything that is found must meet it, so that an index could choose by it. */
  readonly isRequired: boolean;
}

/** One statement while it is made. */
export interface Compilation {
  readonly type: StoredType;
  readonly reading: Reading;
  readonly violations: Violations;
  /** Of conditions that are required, in the order of the search. */
  readonly uses: Use[];
  /** A name for one more source; `t` is the type's own. */
  newAlias(): string;
  /** Counts a condition. @returns whether it may be added, else there is a violation */
  mayAdd(pointer: string): boolean;
  /** A source beside the type's own, by the path that leads to it; one for each path. */
  joined(path: string, join: () => Joined): Joined;
  /**
   * After `FROM`: the type's own source, and those that were joined.
   * @param first a condition that is met before anything else is looked at, whatever Postgres would rather do
   */
  from(first?: string): string;
}

export interface Joined {
  readonly type: StoredType;
  readonly alias: string;
  readonly sql: string;
}

export const makeCompilation = (type: StoredType, reading: Reading, violations: Violations): Compilation => {
  const joins = new Map<string, Joined>();
  let aliases = 0;
  let conditions = 0;
  return {
    type,
    reading,
    violations,
    uses: [],
    newAlias: () => `r${++aliases}`,
    mayAdd: (pointer) => {
      if (++conditions <= MOST_CONDITIONS) return true;
      if (conditions === MOST_CONDITIONS + 1) violations.add(pointer, `more than ${MOST_CONDITIONS} conditions`);
      return false;
    },
    joined: (path, join) => {
      const known = joins.get(path) ?? join();
      joins.set(path, known);
      return known;
    },
    from: (first) => {
      // Made where it stands, and only there: its values are among the statement's from then on.
      const source = sourceOf(type, 't', reading);
      const own = first === undefined ? source : `(SELECT t.* FROM ${source} WHERE ${first} OFFSET 0) AS t`;
      return [own, ...[...joins.values()].map(({ sql }) => sql)].join(' ');
    },
  };
};
