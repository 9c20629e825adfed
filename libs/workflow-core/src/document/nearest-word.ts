import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a mistyped word most probably meant, or undefined if none is near. Near is one edit for up to three letters,
 * two up to seven, three beyond, letters in the wrong order being one: more would suggest words that only share their length.
 */
export const nearestWord = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let bestDistance = (word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3) + 1;
  for (const candidate of candidates) {
    const edits = editsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (edits < bestDistance && edits < candidate.length) [best, bestDistance] = [candidate, edits];
  }
  return best;
};

const editsBetween = (a: string, b: string): number => (a !== b && letters(a) === letters(b) ? 1 : distance(a, b));

const letters = (word: string): string => [...word].sort().join('');
