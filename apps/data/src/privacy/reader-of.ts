import { compileSchema, Failure, type ActingUser } from '@nightshift/contracts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway } from '../database/postgres-error.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { canBeId } from '../things/read-thing.ts';
import { Type } from 'typebox';
import type { Reader } from './condition-scope.ts';

const check = compileSchema(Type.Object({ id: Type.String() }));

/** @throws Failure `request.invalid` */
export const checkUserId = (input: unknown): string => {
  const checked = check(input);
  if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
  return checked.value.id;
};

/** Whether there is a thing of the user type with that id. By primary key; locks nothing. @throws Failure `data.unavailable` */
export const isUser = async (
  run: RunStatement,
  catalog: Pick<TypeCatalog, 'find'>,
  userType: string,
  id: string,
): Promise<boolean> => {
  const type = await catalog.find(userType).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'type.not_found') return undefined;
    throw error;
  });
  if (type === undefined || !canBeId(type, id)) return false;
  const text = `SELECT 1 FROM ${quoteTable(type.name)} AS t WHERE t.${quoteName('id')} = $1::${type.id.sqlType}`;
  const rows = await run(text, [id]).catch((error: unknown) => {
    throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
  });
  return rows.length > 0;
};

/**
 * Whom the rules bind: undefined for the platform, and for whoever acts without heed to them.
 * @throws Failure `auth.unknown_user` for a user who is not, or no longer, there, `data.unavailable`
 */
export const readerOf = async (
  run: RunStatement,
  catalog: Pick<TypeCatalog, 'find'>,
  userType: string,
  as: ActingUser | undefined,
): Promise<Reader | undefined> => {
  if (as === undefined || as.ignorePrivacy === true) return undefined;
  if (as.user !== null && !(await isUser(run, catalog, userType, as.user))) throw unknownUser(userType, as.user);
  return { user: as.user, userType };
};

const unknownUser = (userType: string, id: string): Failure =>
  new Failure('auth.unknown_user', { detail: `There is no ${userType} with the id ${id.slice(0, 64)}` });
