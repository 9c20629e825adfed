import {
  builtInFields,
  Failure,
  type Field,
  type FieldOperations,
  type Thing,
  type Violation,
} from '@nightshift/contracts';
import type { Store } from './store.ts';

/** Fields to be set, and operations on what fields hold. */
export type Changes = FieldOperations & { fields?: Record<string, unknown> };

const invalid = (errors: Violation[]): Failure =>
  new Failure('thing.invalid', {
    detail: errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
    errors,
  });

const isOfKind = ({ kind, options }: Field, value: unknown): boolean => {
  switch (kind) {
    case 'number':
      return typeof value === 'number';
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'json':
      return true;
    case 'option':
      return options?.includes(value as string) ?? false;
    case 'dateTime':
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    default:
      return typeof value === 'string';
  }
};

const fits = (field: Field, value: unknown): boolean => {
  if (value === null) return !field.required;
  return field.list ? Array.isArray(value) && value.every((one) => isOfKind(field, one)) : isOfKind(field, value);
};

/** As the platform answers: times in UTC. */
const stored = ({ kind }: Field, value: unknown): unknown =>
  kind === 'dateTime' && typeof value === 'string' ? new Date(value).toISOString() : value;

/** @throws Failure `thing.invalid`, naming everything that is wrong */
const checkedFields = (store: Store, type: string, fields: Record<string, unknown>): Record<string, unknown> => {
  const known = store.type(type).fields;
  const errors: Violation[] = [];
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const field = known[name];
    if (field === undefined) errors.push({ pointer: `/${name}`, detail: `${type} has no such field` });
    else if (!fits(field, value))
      errors.push({ pointer: `/${name}`, detail: `must be ${field.list ? 'a list of ' : ''}${field.kind}` });
    else checked[name] = stored(field, value);
  }
  if (errors.length > 0) throw invalid(errors);
  return checked;
};

const assertUnique = (store: Store, type: string, thing: Thing): void => {
  for (const [name, { unique, type: target, list }] of Object.entries(store.type(type).fields)) {
    const value = thing[name];
    if (value === null || value === undefined) continue;
    if (unique && store.all(type).some((other) => other.id !== thing.id && other[name] === value))
      throw new Failure('thing.in_conflict', { detail: `Another thing of type ${type} has this ${name}` });
    if (target !== undefined && !list && store.find(target, String(value)) === undefined)
      throw new Failure('thing.in_conflict', { detail: `${name} refers to no thing of type ${target}` });
  }
};

export interface Made {
  id: string;
  now: Date;
  createdBy: string | null;
}

/** A new thing, not kept yet. @throws Failure `thing.invalid`, `thing.in_conflict` */
export const newThing = (
  store: Store,
  type: string,
  given: Record<string, unknown>,
  { id, now, createdBy }: Made,
): Thing => {
  const { id: ownId = id, ...fields } = given;
  const checked = checkedFields(store, type, fields);
  const missing: Violation[] = [];
  const thing: Thing = { id: String(ownId), createdAt: now.toISOString(), updatedAt: now.toISOString(), createdBy };
  for (const [name, field] of Object.entries(store.type(type).fields)) {
    if (Object.hasOwn(builtInFields, name)) continue;
    const value = checked[name] ?? field.default ?? (field.list && field.required ? [] : null);
    if (value === null && field.required) missing.push({ pointer: `/${name}`, detail: 'is required' });
    thing[name] = value;
  }
  if (missing.length > 0) throw invalid(missing);
  assertUnique(store, type, thing);
  return thing;
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const withAll = (list: unknown, items: readonly unknown[]): unknown[] =>
  items.reduce<unknown[]>(
    (held, item) => (held.some((one) => isSame(one, item)) ? held : [...held, item]),
    [...((list ?? []) as unknown[])],
  );
const without = (list: unknown, items: readonly unknown[]): unknown[] =>
  ((list ?? []) as unknown[]).filter((held) => !items.some((item) => isSame(item, held)));

/** A thing as it becomes, not kept yet. @throws Failure `thing.invalid`, `thing.in_conflict` */
export const changedThing = (store: Store, type: string, thing: Thing, changes: Changes, now: Date): Thing => {
  const { fields = {}, add = {}, remove = {}, addList = {}, removeList = {}, clear = [], increment = {} } = changes;
  const set: Record<string, unknown> = { ...fields };
  const at = (name: string): unknown => thing[name];
  for (const [name, item] of Object.entries(add)) set[name] = withAll(at(name), [item]);
  for (const [name, items] of Object.entries(addList)) set[name] = withAll(at(name), items);
  for (const [name, item] of Object.entries(remove)) set[name] = without(at(name), [item]);
  for (const [name, items] of Object.entries(removeList)) set[name] = without(at(name), items);
  for (const name of clear) set[name] = Array.isArray(at(name)) ? [] : null;
  for (const [name, by] of Object.entries(increment)) set[name] = Number(at(name) ?? 0) + by;
  const checked = checkedFields(store, type, set);
  const isNew = Object.entries(checked).some(([name, value]) => !isSame(thing[name], value));
  const changed = { ...thing, ...checked, ...(isNew && { updatedAt: now.toISOString() }) };
  assertUnique(store, type, changed);
  return changed;
};
