import { durationMs, type MoveTime, type Violation } from '@nightshift/contracts';
import type { Move } from '@nightshift/ledger';
import { refusal } from '../door/checked.ts';

/** The last moment that JavaScript and Postgres both have a word for, with room to spare. */
const LATEST_MS = Date.UTC(9000, 0);

type Word = keyof MoveTime;

const chosen = (body: MoveTime, words: readonly Word[], isNeeded: boolean): Word | undefined => {
  const given = words.filter((word) => body[word] !== undefined);
  if (given.length === 1 || (given.length === 0 && !isNeeded)) return given[0];
  const detail = `must have ${isNeeded ? 'exactly' : 'at most'} one of ${words.join(', ')}`;
  throw refusal('request.invalid', [{ pointer: '', detail }]);
};

const inReach = (ms: number, word: Word): number => {
  const violation: Violation = { pointer: `/${word}`, detail: 'is not a moment that can come' };
  if (Number.isNaN(ms) || ms > LATEST_MS) throw refusal('request.invalid', [violation]);
  return ms;
};

/** When a schedule is due, in milliseconds since 1970. Has to be said as `at` or `in`. @throws Failure `request.invalid` */
export const readDueMs = (body: Pick<MoveTime, 'at' | 'in'>, nowMs: number): number => {
  const word = chosen(body, ['at', 'in'], true);
  return word === 'at' ? inReach(Date.parse(body.at!), 'at') : inReach(nowMs + durationMs(body.in!), 'in');
};

/** How a schedule is moved, if it is: `at` or `in`, or `by` as much as later. @throws Failure `request.invalid` */
export const readMove = (body: MoveTime, nowMs: number, isNeeded: boolean): Pick<Move, 'dueAt' | 'byMs'> => {
  const word = chosen(body, ['at', 'in', 'by'], isNeeded);
  if (word === undefined) return {};
  if (word === 'by') return { byMs: inReach(nowMs + durationMs(body.by!), 'by') - nowMs };
  return { dueAt: new Date(readDueMs(body, nowMs)).toISOString() };
};
