import type { Violation } from '@nightshift/contracts';
import { nearestWord } from './nearest-word.ts';

/** A violation about a word that is not one of those that are known here, with the nearest of them. */
export const unknownWord = (pointer: string, detail: string, word: string, known: Iterable<string>): Violation => {
  const suggestion = nearestWord(word, known);
  return { pointer, detail, ...(suggestion !== undefined && { suggestion }) };
};
