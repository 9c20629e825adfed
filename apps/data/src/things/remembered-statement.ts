import type { StoredType } from '../catalog/stored-type.ts';

/** Statements by the type as it was read, so that a type that changes takes its statements with it. */
const statements = new WeakMap<StoredType, Map<string, string>>();

/** The statement of that shape, made at its first use. */
export const rememberedStatement = (type: StoredType, shape: string, make: () => string): string => {
  let known = statements.get(type);
  if (known === undefined) statements.set(type, (known = new Map()));
  let text = known.get(shape);
  if (text === undefined) {
    text = make();
    // Sets of fields are few in practice; a caller that tries them all must not fill the memory.
    if (known.size < 1_000) known.set(shape, text);
  }
  return text;
};
