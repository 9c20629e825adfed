import { compileSchema, Failure } from '@nightshift/contracts';
import { Type } from 'typebox';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway } from '../database/postgres-error.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { isUser } from './reader-of.ts';

const check = compileSchema(Type.Object({ field: Type.String(), value: Type.String() }));

/** By which field of users, and by what in it. */
export interface UserField {
  field: string;
  value: string;
}

/** @throws Failure `request.invalid` */
export const checkUserField = (input: unknown): UserField => {
  const checked = check(input);
  if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
  return checked.value;
};

/**
 * The id of the one thing of the user type whose field, a text, holds the value; null: there is none, or more than one. By the primary key or an
 * index of the field, where it has one; locks nothing.
 * @throws Failure `data.unavailable`
 */
export const findUser = async (
  run: RunStatement,
  catalog: Pick<TypeCatalog, 'find'>,
  userType: string,
  { field, value }: UserField,
): Promise<string | null> => {
  if (field === 'id') return (await isUser(run, catalog, userType, value)) ? value : null;
  const type = await catalog.find(userType).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'type.not_found') return undefined;
    throw error;
  });
  const declared = type?.definition.fields[field];
  if (type === undefined || declared?.kind !== 'text' || declared.list === true || value.includes('\u0000'))
    return null;
  const text = `SELECT t.${quoteName('id')} FROM ${quoteTable(type.name)} AS t
    WHERE t.${quoteName(field)} = $1 LIMIT 2`;
  const rows = await run(text, [value]).catch((error: unknown) => {
    throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
  });
  return rows.length === 1 ? rows[0]![0]! : null;
};
