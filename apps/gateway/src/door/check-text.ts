import { isUtf8 } from 'node:buffer';
import { Failure } from '@nightshift/contracts';

/** The bytes of a body as text. @throws Failure `request.malformed`: they are no UTF-8, and what would be made of them nobody has sent */
export const readText = (body: Buffer): string => {
  if (!isUtf8(body)) throw new Failure('request.malformed', { detail: 'The body is not UTF-8.' });
  return body.toString('utf8');
};

/** Only text that is written so can hold what is looked for. */
const suspicious = /\\u(?:0000|d[89a-f])/i;

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const holdsText = (value: unknown): boolean => {
  if (typeof value === 'string') return isText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => isText(name) && holdsText(inner));
};

/**
 * Refuses what JSON can write and no database keeps: null characters, and halves of surrogate pairs.
 * @param value what was read of the text; it is not nested deeper than bodies may be
 * @throws Failure `request.invalid`
 */
export const checkText = (text: string, value: unknown): void => {
  if (suspicious.test(text) && !holdsText(value))
    throw new Failure('request.invalid', { detail: 'The body holds a null character, or half of a surrogate pair.' });
};
