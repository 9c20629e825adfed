import {
  builtInFields,
  compileSchema,
  DeclareTypeBodySchema,
  Failure,
  NAME_MAX_LENGTH,
  parseTypeName,
  type DeclareType,
  type Violation,
} from '@nightshift/contracts';
import { UUID_OID } from '../values/kind-of-oid.ts';
import { toParameter } from '../values/to-parameter.ts';

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
      if (declared.kind === 'reference' && declared.type === undefined) {
        violations.push({ pointer: `${pointer}/type`, detail: 'is required: the type that the field refers to' });
      }
      if (declared.kind !== 'reference' && declared.type !== undefined) {
        violations.push({ pointer: `${pointer}/type`, detail: 'is only for references' });
      }
      if (declared.kind === 'json' && declared.unique === true) {
        violations.push({ pointer: `${pointer}/unique`, detail: 'is not for json' });
      }
      if (declared.default !== undefined && declared.default !== null) {
        const typeOid = declared.kind === 'reference' ? UUID_OID : 0;
        const conversion = toParameter({ kind: declared.kind, typeOid }, declared.default);
        if ('problem' in conversion) violations.push({ pointer: `${pointer}/default`, detail: conversion.problem });
      }
      fields[field] = declared;
    }
  }
  if (violations.length > 0) throw invalid(violations);
  return { name: name as string, fields };
};

const nameRule = `must be a letter, then letters, digits or underscores, at most ${NAME_MAX_LENGTH}`;

const invalid = (errors: Violation[]): Failure =>
  new Failure('type.invalid', {
    detail: errors.map((violation) => `${violation.pointer} ${violation.detail}`).join('; '),
    errors,
  });
