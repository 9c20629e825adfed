import type { StoredType } from '../catalog/stored-type.ts';
import type { Parameters } from '../search/parameters.ts';

/** Who reads or writes, bound by privacy rules. Null: somebody who is not logged in. */
export interface Reader {
  readonly user: string | null;
  /** The type that `currentUser` is a thing of. */
  readonly userType: string;
}

/** What the condition of a rule is compiled for: rows of a type under an alias, and a user. */
export interface ConditionScope {
  readonly type: StoredType;
  readonly alias: string;
  readonly reader: Reader;
  readonly parameters: Parameters;
  typeNamed(name: string): StoredType | undefined;
}
