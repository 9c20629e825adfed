/** Ways to divide a text among the parts of a picture that are tried at the most: some tens of milliseconds. */
const WAYS_MAX = 1_000_000;

const pieces = /\[\[|\]\]|\[[^\]]*\]|[^[\]]+/g;

/**
 * JSONata reads a date with a regular expression that it makes of the picture, and parts that stand next to each other divide their
 * characters in every way there is.
 * @throws an error in JSONata's shape if these are too many
 */
export const assertReadable = (text: string, picture: string): void => {
  let ways = 1;
  let adjacent = 0;
  const hasWords = /\[.\s*[wW]/.test(picture);
  for (const piece of picture.match(pieces) ?? []) {
    if (piece.length > 2 && piece.startsWith('[')) {
      // One more place among the characters where a part ends and the next begins.
      if (adjacent > 0) ways *= Math.max(1, (text.length - adjacent) / adjacent);
      adjacent += 1;
      if (ways > WAYS_MAX) throw { message: `The picture ${picture} has too many parts that nothing separates` };
    } else if (separates(piece, hasWords)) adjacent = 0;
  }
};

/** Numbers in words have blanks, commas and hyphens. */
const separates = (literal: string, hasWords: boolean): boolean =>
  (hasWords ? /[^\w ,-]/ : /[^a-zA-Z0-9]/).test(literal);
