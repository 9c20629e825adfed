/**
 * Thrown when the values at hand need more than the fast path knows: a path that meets an array and so maps over it, a
 * comparison of objects, a type error that deserves JSONata's own message. The whole expression then goes to JSONata, so
 * the fast path never has to be right about the rare cases, only to notice them.
 */
export const needsJsonata = Symbol('needs JSONata');

/** JSONata's effective boolean value; missing counts as false. */
export const isTrue = (value: unknown): boolean => {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value.length > 0;
    case 'number':
      return finite(value) !== 0;
    case 'object':
      if (value === null) return false;
      return Array.isArray(value) ? value.some(isTrue) : Object.keys(value).length > 0;
    default:
      return false;
  }
};

/** `=`: missing equals nothing. */
export const isEqual = (a: unknown, b: unknown): boolean => {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) throw needsJsonata;
  return false;
};

/** `<` and its like: missing if a side is. */
export const compare = <T extends number & string>(a: unknown, b: unknown, holds: (a: T, b: T) => boolean): unknown => {
  if (!isComparable(a) || !isComparable(b)) throw needsJsonata;
  if (a === undefined || b === undefined) return undefined;
  if (typeof a !== typeof b) throw needsJsonata;
  return holds(a as T, b as T);
};

const isComparable = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'string' || value === undefined;

/** `+` and its like: missing if a side is. */
export const calculate = (a: unknown, b: unknown, operate: (a: number, b: number) => number): unknown => {
  if (!isNumberOrMissing(a) || !isNumberOrMissing(b)) throw needsJsonata;
  if (a === undefined || b === undefined) return undefined;
  return finite(operate(a, b));
};

const isNumberOrMissing = (value: unknown): value is number | undefined =>
  value === undefined || (typeof value === 'number' && Number.isFinite(value));

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw needsJsonata;
  return value;
};

/** As `$string` and `&` write a value. JSONata shows at most 15 significant digits. */
export const asText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'undefined':
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return String(Number.isInteger(value) ? value : Number(finite(value).toPrecision(15)));
    default:
      if (value === null) return 'null';
      throw needsJsonata;
  }
};

/** A change of a text; missing stays missing. */
export const onText = (value: unknown, change: (text: string) => string): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw needsJsonata;
  return change(value);
};

/** `in`: whether a value is a list's, or the only one. */
export const isIn = (value: unknown, list: unknown): boolean => {
  if (value === undefined || list === undefined) return false;
  return Array.isArray(list) ? list.includes(value) : list === value;
};
