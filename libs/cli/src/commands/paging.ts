import { commandError } from '../command-error.ts';
import type { Screen } from '../output/screen.ts';

export interface PageOptions {
  limit?: string;
  cursor?: string;
}

export const pageOptions = [
  ['-n, --limit <number>', 'the most that are shown'],
  ['--cursor <cursor>', 'goes on where another page ended'],
] as const;

/** @throws CommandError */
export const readPage = ({ limit, cursor }: PageOptions): { limit?: number; cursor?: string } => ({
  ...(limit !== undefined && { limit: readNumber(limit, '--limit') }),
  ...(cursor !== undefined && { cursor }),
});

/** @throws CommandError */
export const readNumber = (text: string, option: string): number => {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw commandError(`${option} has to be a number, and not "${text}".`);
};

/** @throws CommandError naming what it can be */
export const oneOf = <Word extends string>(
  words: readonly Word[],
  given: string | undefined,
  option: string,
): Word | undefined => {
  if (given === undefined || words.includes(given as Word)) return given as Word | undefined;
  throw commandError(`${option} is one of ${words.join(', ')}, and not "${given}".`);
};

/** There is another page: how to get it. */
export const tellMore = (screen: Screen, { nextCursor }: { nextCursor: string | null }): void => {
  if (nextCursor !== null && !screen.isJson) screen.note(`There are more: --cursor ${nextCursor}`);
};
