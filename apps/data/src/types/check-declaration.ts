import {
  builtInFields,
  compileSchema,
  DeclareTypeBodySchema,
  Failure,
  NAME_MAX_LENGTH,
  parseTypeName,
  type DeclareType,
  type Field,
  type Violation,
} from '@nightshift/contracts';
import { toElement, toParameter } from '../values/to-parameter.ts';
import { valueShapeOf } from './column-sql.ts';

const checkBody = compileSchema(DeclareTypeBodySchema);

/** Every table has these columns already. https://www.postgresql.org/docs/18/ddl-system-columns.html */
const systemColumns = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);
/** They combine conditions in a search, so no field can be called that. */
const searchWords = new Set(['and', 'or', 'not']);
/** A table of Postgres has at most 1,600 columns, fewer when they are wide. */
const MOST_FIELDS = 500;

/**
 * A declaration whose names can be tables and columns and whose fields make sense by themselves. A built-in field may be
 * repeated as it is, so that what was read can be sent back; it is left out here.
 * @throws Failure `type.invalid` with every violation
 */
export const checkDeclaration = (input: unknown): DeclareType => {
  const { name, ...body } = (input ?? {}) as { name?: unknown } & Record<string, unknown>;
  const violations: Violation[] = [];
  if (typeof name !== 'string' || parseTypeName(name) === undefined) {
    violations.push({ pointer: '/name', detail: nameRule });
  } else if (/^pg_/i.test(name)) {
    violations.push({ pointer: '/name', detail: 'names of Postgres begin with pg_' });
  }
  const checked = checkBody(body);
  if (!checked.ok) throw invalid([...violations, ...checked.violations]);

  const fields: DeclareType['fields'] = {};
  const entries = Object.entries(checked.value.fields);
  if (entries.length > MOST_FIELDS) violations.push({ pointer: '/fields', detail: `more than ${MOST_FIELDS} fields` });
  for (const [field, declared] of entries) {
    const pointer = `/fields/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (parseTypeName(field) === undefined) violations.push({ pointer, detail: nameRule });
    else if (systemColumns.has(field)) violations.push({ pointer, detail: 'is a system column of Postgres' });
    else if (searchWords.has(field)) violations.push({ pointer, detail: 'combines conditions in a search' });
    else if (Object.hasOwn(builtInFields, field)) {
      const builtIn = builtInFields[field as keyof typeof builtInFields];
      if (builtIn.kind !== declared.kind) violations.push({ pointer, detail: `is there already, as ${builtIn.kind}` });
    } else {
      violations.push(...fieldViolations(declared, pointer));
      fields[field] = declared;
    }
  }
  if (violations.length > 0) throw invalid(violations);
  return { name: name as string, fields };
};

/** What is wrong with a field by itself. */
const fieldViolations = (field: Field, pointer: string): Violation[] => {
  const violations: Violation[] = [];
  const violate = (key: keyof Field, detail: string): void =>
    void violations.push({ pointer: `${pointer}/${key}`, detail });
  const { kind, list, type, options, unique, default: value } = field;
  if (kind === 'reference' && type === undefined) violate('type', 'is required: the type that the field refers to');
  if (kind !== 'reference' && type !== undefined) violate('type', 'is only for references');
  if (kind === 'option' && options === undefined) violate('options', 'is required: the texts that the field can be');
  if (kind !== 'option' && options !== undefined) violate('options', 'is only for the kind option');
  options?.forEach((option, index) => {
    const conversion = toElement({ kind: 'text' }, option);
    if ('problem' in conversion)
      violations.push({ pointer: `${pointer}/options/${index}`, detail: conversion.problem });
  });
  if (unique === true && (kind === 'json' || list === true))
    violate('unique', list === true ? 'is not for lists' : 'is not for json');
  const conversion = toParameter(valueShapeOf(field), value);
  if ('problem' in conversion) violate('default', conversion.problem);
  return violations;
};

const nameRule = `must be a letter, then letters, digits or underscores, at most ${NAME_MAX_LENGTH}`;

const invalid = (errors: Violation[]): Failure =>
  new Failure('type.invalid', {
    detail: errors.map((violation) => `${violation.pointer} ${violation.detail}`).join('; '),
    errors,
  });
