import { Failure, type Thing } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Row } from '../database/row-statement.ts';
import { ANSWER_MAX_BYTES } from '../things/answer-max-bytes.ts';

/** A character is at most six bytes of JSON: `\u0001`. */
const MOST_BYTES_PER_CHARACTER = 6;

const charactersOf = (row: Row): number => row.reduce((sum, text) => sum + (text?.length ?? 4), 0);
const namesOf = (type: StoredType): number => type.columns.reduce((sum, { name }) => sum + name.length + 4, 0);

/**
 * As many things as one message can carry, at least one unless there are none.
 * @param cursorOf the cursor that would stand beside a page that ends with the row
 * @param besideBytes what else the answer holds
 * @throws Failure `search.too_large` that names the first thing, if it is too much by itself
 */
export const fitPage = (
  type: StoredType,
  rows: readonly Row[],
  {
    toThing,
    cursorOf,
    besideBytes,
  }: { toThing: (row: Row) => Thing; cursorOf: (row: Row) => string; besideBytes: number },
): Thing[] => {
  const things = rows.map(toThing);
  const names = namesOf(type);
  const most = rows.reduce((sum, row) => sum + (charactersOf(row) + names) * MOST_BYTES_PER_CHARACTER, besideBytes);
  // The usual page is small whatever it holds; only then is it not worth writing it twice.
  if (most * 2 < ANSWER_MAX_BYTES) return things;
  let bytes = besideBytes;
  for (const [index, thing] of things.entries()) {
    bytes += Buffer.byteLength(JSON.stringify(thing)) + 1;
    if (bytes + cursorOf(rows[index]!).length <= ANSWER_MAX_BYTES) continue;
    if (index > 0) return things.slice(0, index);
    const detail = `The thing ${thing.id} of type ${type.name} is by itself more than one answer can hold.`;
    throw new Failure('search.too_large', { detail });
  }
  return things;
};
