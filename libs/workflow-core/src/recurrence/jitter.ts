import { durationMs, type Duration } from '@nightshift/contracts';

/**
 * By how much the run of a planned moment starts later: at least 0, less than `jitter`, spread evenly over recurrences and moments. Always
 * the same for the same moment of a recurrence, so that every replica knows it.
 * @param recurrence names the recurrence, unlike any other
 */
export const jitterMs = (jitter: Duration | undefined, recurrence: string, plannedAt: Date): number =>
  jitter === undefined ? 0 : Math.floor(durationMs(jitter) * fractionOf(`${recurrence} ${plannedAt.getTime()}`));

/**
 * A number from 0 to 1 that a text always has: FNV-1a, and the finalizer of MurmurHash3, without which texts that differ in their last
 * letters only would be close together. http://www.isthe.com/chongo/tech/comp/fnv, https://github.com/aappleby/smhasher
 */
const fractionOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
