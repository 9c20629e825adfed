import { setFlagsFromString } from 'node:v8';

/**
 * Bounds the time of regular expressions in this process: when a match backtracks excessively, V8 goes on with its linear-time engine. That
 * engine has no lookaround and no back-reference; whoever takes expressions from users refuses those.
 */
export const boundRegexes = (): void => {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
};
