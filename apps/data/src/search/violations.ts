import { Failure, type Violation } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { nearestName } from '../nearest-name.ts';
import { UnknownFieldFailure } from '../things/check-fields.ts';

/** Whoever sent more mistakes than this is not going to read them, and the answer must fit into a message. */
const MOST_VIOLATIONS = 50;
/** The same for one mistake: names are at most 63 characters, so what is longer is cut. */
const MOST_TEXT = 200;

const cut = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);

/** Everything that is wrong with one search, each with its place. */
export interface Violations {
  readonly isEmpty: boolean;
  add(pointer: string, detail: string, suggestion?: string): void;
  /** @param others words that may stand in that place too */
  addUnknownField(type: StoredType, name: string, pointer: string, others?: Iterable<string>): void;
  /** @throws Failure `search.invalid` if there is any */
  throwIfAny(): void;
}

export const makeViolations = (): Violations => {
  const all: Violation[] = [];
  let isUnknown = false;
  const add = (pointer: string, detail: string, suggestion?: string): void => {
    if (all.length >= MOST_VIOLATIONS) return;
    all.push({ pointer: cut(pointer), detail: cut(detail), ...(suggestion !== undefined && { suggestion }) });
  };
  return {
    get isEmpty() {
      return all.length === 0;
    },
    add,
    addUnknownField: (type, name, pointer, others = []) => {
      isUnknown = true;
      const known = [...type.columns.map((column) => column.name), ...others];
      add(pointer, `${cut(name)} is not a field of ${type.name}`, nearestName(name, known));
    },
    throwIfAny: () => {
      if (all.length === 0) return;
      const details = { detail: all.map((one) => `${one.pointer} ${one.detail}`).join('; '), errors: all };
      // A field that came in the meantime is worth a look at the type as it is now.
      throw isUnknown ? new UnknownFieldFailure('search.invalid', details) : new Failure('search.invalid', details);
    },
  };
};
