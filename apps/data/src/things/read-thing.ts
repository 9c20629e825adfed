import { Failure, type Thing } from '@nightshift/contracts';
import { thingFromRow, type StoredType } from '../catalog/stored-type.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import type { NewReading } from '../search/source.ts';
import { UUID_OID } from '../values/kind-of-oid.ts';
import { isUuid } from '../values/to-parameter.ts';
import { readStatement } from './read-statement.ts';
import { rememberedStatement } from './remembered-statement.ts';

/**
 * The thing of that id, or null. By primary key; locks nothing.
 * @throws Failure `data.unavailable`
 */
export const readThing = async (
  run: RunStatement,
  type: StoredType,
  id: string,
  newReading: NewReading,
): Promise<Thing | null> => {
  if (!canBeId(type, id)) return null;
  const reading = newReading();
  // What a user may read depends on the rules, and takes more parameters than the id.
  const statement =
    reading.reader === undefined
      ? rememberedStatement(type, 'read', () => readStatement(type, id, reading))
      : readStatement(type, id, reading);
  const values = reading.reader === undefined ? [id] : reading.parameters.values;
  const [row] = await run(statement, values).catch((error: unknown) => {
    // A read by id can take too long only where somebody has locked the whole table.
    const isLate = isPostgresError(error) && error.code === sqlState.queryCancelled;
    throw isLate || isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
  });
  return row === undefined ? null : thingFromRow(type, row);
};

/** Whether a thing of the type can have that id at all. */
export const canBeId = (type: StoredType, id: string): boolean =>
  type.id.typeOid === UUID_OID ? isUuid(id) : !id.includes('\u0000') && id.isWellFormed();
