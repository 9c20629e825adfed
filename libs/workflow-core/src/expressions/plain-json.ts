/** Why a value that an expression gave is not JSON. */
export type NotJson = 'a function' | 'a number out of range';

/**
 * A value that JSONata gave as plain JSON: its sequences lose their hidden flags, its objects get a prototype. What is plain
 * already is returned as it is, not copied.
 * @throws NotJson for functions, NaN and infinities
 */
export const plainJson = (value: unknown): unknown => {
  if (typeof value === 'function') throw 'a function' satisfies NotJson;
  if (typeof value === 'number' && !Number.isFinite(value)) throw 'a number out of range' satisfies NotJson;
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? plainArray(value) : plainObject(value as Record<string, unknown>);
};

const plainArray = (items: readonly unknown[]): unknown => {
  // A sequence carries own properties beside its items.
  let copy: unknown[] | undefined = isFlagged(items) ? [] : undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const plain = plainJson(item) ?? null;
    if (copy === undefined && plain !== item) copy = items.slice(0, index);
    copy?.push(plain);
  }
  return copy ?? items;
};

const isFlagged = (items: readonly unknown[]): boolean =>
  Object.hasOwn(items, 'sequence') || Object.hasOwn(items, 'cons') || Object.hasOwn(items, 'push');

const plainObject = (object: Record<string, unknown>): unknown => {
  if (object['_jsonata_lambda'] === true || object['_jsonata_function'] === true) throw 'a function' satisfies NotJson;
  const keys = Object.keys(object);
  let isPlain = Object.getPrototypeOf(object) === Object.prototype;
  const values = keys.map((key) => {
    const plain = plainJson(object[key]);
    if (plain !== object[key] || plain === undefined) isPlain = false;
    return plain;
  });
  if (isPlain) return object;
  const copy: Record<string, unknown> = {};
  keys.forEach((key, index) => {
    if (values[index] === undefined) return;
    // Assigning to `__proto__` would set the prototype.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: values[index], enumerable: true, configurable: true, writable: true });
    else copy[key] = values[index];
  });
  return copy;
};
