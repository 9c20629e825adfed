import type { Thing } from '@nightshift/contracts';
import { thingFromRow, type StoredType } from '../catalog/stored-type.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { UUID_OID } from '../values/kind-of-oid.ts';
import { isUuid } from '../values/to-parameter.ts';
import { readStatement } from './read-statement.ts';
import { rememberedStatement } from './remembered-statement.ts';

/** The thing of that id, or null. By primary key; locks nothing. */
export const readThing = async (run: RunStatement, type: StoredType, id: string): Promise<Thing | null> => {
  if (!canBeId(type, id)) return null;
  const [row] = await run(
    rememberedStatement(type, 'read', () => readStatement(type)),
    [id],
  );
  return row === undefined ? null : thingFromRow(type, row);
};

/** Whether a thing of the type can have that id at all. */
export const canBeId = (type: StoredType, id: string): boolean =>
  type.id.typeOid === UUID_OID ? isUuid(id) : !id.includes('\u0000') && id.isWellFormed();
