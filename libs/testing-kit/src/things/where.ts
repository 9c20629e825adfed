import { Failure, type Condition, type Field, type Thing, type Where } from '@nightshift/contracts';
import type { Store } from './store.ts';

const refuse = (detail: string): never => {
  throw new Failure('search.invalid', { detail });
};

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Times are compared as moments, however they are written. */
const asOrdered = (value: unknown, field: Field | undefined): unknown =>
  field?.kind === 'dateTime' && typeof value === 'string' ? Date.parse(value) : value;

type Test = (value: unknown, operand: unknown) => boolean;

const compared =
  (test: (a: number | string, b: number | string) => boolean, field: Field | undefined): Test =>
  (value, operand) =>
    value !== null &&
    value !== undefined &&
    test(asOrdered(value, field) as number, asOrdered(operand, field) as number);

const textual =
  (test: (text: string, part: string) => boolean): Test =>
  (value, operand) =>
    typeof value === 'string' && test(value, String(operand));

/** Null asks for what is empty, an empty text included; the empty text asks for itself. */
const equals = (value: unknown, operand: unknown, field: Field | undefined): boolean => {
  if (operand === null || operand === undefined || (Array.isArray(operand) && operand.length === 0))
    return isEmpty(value);
  return value !== null && value !== undefined && isSame(asOrdered(value, field), asOrdered(operand, field));
};

const lowered = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toLowerCase();
  return Array.isArray(value) ? value.map(lowered) : value;
};

const isCondition = (value: unknown): value is Condition =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value meets a condition, as searches of the platform have it. @throws Failure `search.invalid` for what the kit cannot find by */
const meets = (store: Store, field: Field | undefined, value: unknown, condition: unknown): boolean => {
  if (!isCondition(condition)) return equals(value, condition, field);
  const { ignoreCase, ...operators } = condition;
  const given = ignoreCase ? lowered(value) : value;
  const isList = Array.isArray(given);
  const list = isList ? (given as unknown[]) : [];
  const item: Field | undefined = field && { ...field, list: false };
  const tests: { [Operator in keyof Required<typeof operators>]: Test } = {
    eq: (one, other) => equals(one, other, field),
    ne: (one, other) => !equals(one, other, field),
    in: (one, others) => (others as unknown[]).some((other) => equals(one, other, field)),
    notIn: (one, others) => !(others as unknown[]).some((other) => equals(one, other, field)),
    gt: compared((one, other) => one > other, field),
    gte: compared((one, other) => one >= other, field),
    lt: compared((one, other) => one < other, field),
    lte: compared((one, other) => one <= other, field),
    contains: textual((text, part) => text.includes(part)),
    startsWith: textual((text, part) => text.startsWith(part)),
    endsWith: textual((text, part) => text.endsWith(part)),
    matches: () => refuse('The testing kit has no full text search'),
    empty: (one, wanted) => isEmpty(one) === wanted,
    is: (one, where) => {
      const target = field?.type === undefined ? undefined : store.find(field.type, String(one));
      return target !== undefined && isFound(store, field!.type!, target, where as Where);
    },
    any: (_, inner) => list.some((one) => meets(store, item, one, inner)),
    all: (_, inner) => list.every((one) => meets(store, item, one, inner)),
    none: (_, inner) => !list.some((one) => meets(store, item, one, inner)),
    has: (_, wanted) => list.some((one) => isSame(one, wanted)),
    hasAll: (_, wanted) => isList && (wanted as unknown[]).every((one) => list.some((held) => isSame(held, one))),
    length: (_, inner) => meets(store, { kind: 'integer' }, list.length, inner),
  };
  return Object.entries(operators).every(([operator, operand]) => {
    const test = (tests as Record<string, Test | undefined>)[operator];
    return test ? test(given, ignoreCase ? lowered(operand) : operand) : refuse(`There is no operator ${operator}`);
  });
};

/** Whether a thing is among those that a where finds. @throws Failure `search.invalid` */
export const isFound = (store: Store, type: string, thing: Thing, where: Where = {}): boolean =>
  Object.entries(where).every(([key, condition]) => {
    if (key === 'and') return (condition as Where[]).every((one) => isFound(store, type, thing, one));
    if (key === 'or') return (condition as Where[]).some((one) => isFound(store, type, thing, one));
    if (key === 'not') return !isFound(store, type, thing, condition as Where);
    if (key.includes('.')) return refuse(`The testing kit does not search by "${key}"`);
    const fields: Record<string, Field | undefined> = store.type(type).fields;
    if (!Object.hasOwn(thing, key)) return refuse(`${type} has no field "${key}"`);
    return meets(store, fields[key] ?? builtIn[key], thing[key], condition);
  });

const builtIn: Readonly<Record<string, Field>> = { createdAt: { kind: 'dateTime' }, updatedAt: { kind: 'dateTime' } };
