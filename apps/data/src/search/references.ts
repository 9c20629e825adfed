import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import type { Compilation, Position } from './compilation.ts';
import { sourceOf } from './source.ts';
import { kindOf, subjectOf, type Subject } from './subject.ts';

/** Longer is no path that anybody reads. */
const MOST_STEPS = 8;

/** The type that a field refers to, and its column that the reference is to; undefined where there is a violation. */
export const targetOf = (
  c: Compilation,
  subject: Subject,
  pointer: string,
): { type: StoredType; key: string } | undefined => {
  const { name, column, isList } = subject;
  if (column?.refersTo === undefined || isList) {
    c.violations.add(pointer, `is for references, and ${name} is ${kindOf(subject)}`);
    return undefined;
  }
  const type = c.reading.typeNamed(column.refersTo);
  const key = type?.column(column.refersToColumn ?? 'id');
  if (type === undefined || key === undefined) {
    c.violations.add(pointer, `leads to ${column.refersTo}, which is not a type`);
    return undefined;
  }
  return { type, key: quoteName(key.name) };
};

/**
 * A field of the searched type, or one beyond references (`project.owner.name`), for orders and aggregates. Each reference on the way joins
 * what it refers to, by its primary key or another unique one, so nothing comes twice; where there is nothing the field is null.
 * @returns undefined where there is a violation
 */
export const subjectAt = (
  c: Compilation,
  path: string,
  pointer: string,
  others: readonly string[] = [],
): Subject | undefined => {
  const column = c.type.column(path);
  if (column !== undefined) return subjectOf(column, 't');
  const steps = path.split('.');
  const last = steps.pop()!;
  if (steps.length >= MOST_STEPS) {
    c.violations.add(pointer, `leads through more than ${MOST_STEPS - 1} references`);
    return undefined;
  }
  let type = c.type;
  let alias = 't';
  for (const [index, step] of steps.entries()) {
    const reference = type.column(step);
    if (reference === undefined) {
      c.violations.addUnknownField(type, step, pointer);
      return undefined;
    }
    const subject = subjectOf(reference, alias);
    const target = targetOf(c, subject, pointer);
    if (target === undefined) return undefined;
    const joined = c.joined(steps.slice(0, index + 1).join('.'), () => {
      const own = c.newAlias();
      const source = sourceOf(target.type, own, c.reading);
      return { type: target.type, alias: own, sql: `LEFT JOIN ${source} ON ${own}.${target.key} = ${subject.sql}` };
    });
    type = joined.type;
    alias = joined.alias;
  }
  const field = type.column(last);
  if (field === undefined) {
    c.violations.addUnknownField(type, last, pointer, steps.length === 0 ? others : []);
    return undefined;
  }
  return { ...subjectOf(field, alias), name: path, ...(steps.length > 0 && { isNullable: true }) };
};

/** Things of a type that refer to those of a source. */
export interface Referring {
  readonly type: StoredType;
  /** The condition that the one under the alias refers to it. */
  link(alias: string): string;
}

/** What `orders.customer` means where customers are asked for, or undefined if that is no field that refers to them. */
export const referringTo = (c: Compilation, name: string, at: Position): Referring | undefined => {
  const dot = name.indexOf('.');
  const type = dot < 0 ? undefined : c.reading.typeNamed(name.slice(0, dot));
  const column = type?.column(name.slice(dot + 1));
  if (type === undefined || column?.refersTo !== at.type.name) return undefined;
  const key = at.type.column(column.refersToColumn ?? 'id');
  if (key === undefined) return undefined;
  const own = `${at.alias}.${quoteName(key.name)}`;
  return {
    type,
    link: (alias) => {
      const reference = `${alias}.${quoteName(column.name)}`;
      return column.isList ? `${reference} @> ARRAY[${own}]` : `${reference} = ${own}`;
    },
  };
};
