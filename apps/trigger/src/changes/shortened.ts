/** Characters of one text. Longer ones are told apart by their beginnings. */
const LONGEST_TEXT = 500;
/** Bytes, roughly, of one value as JSON. Larger fills the ledger with what nobody reads. */
const LARGEST = 8_000;

/** A value to be looked at: its long texts cut off, and undefined if it is too large even then. */
export const shortened = <T>(value: T): T | undefined => {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' && part.length > LONGEST_TEXT ? `${part.slice(0, LONGEST_TEXT)}…` : part,
  ) as string | undefined;
  return text === undefined || text.length > LARGEST ? undefined : (JSON.parse(text) as T);
};
