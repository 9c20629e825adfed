import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * `ns_<id>_<secret><checksum>`: what it is, which one it is, 256 bits of chance, and what tells a key from what only looks like one, so that a typing error,
 * or a find of a scanner, is judged without asking anybody.
 */
const keyText = /^ns_([0-9a-f]{32})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number in 62 digits and letters, at one length. */
const inDigits = (number: bigint, length: number): string => {
  let text = '';
  for (let rest = number; text.length < length; rest /= 62n) text = digits[Number(rest % 62n)]! + text;
  return text;
};

const checksumOf = (text: string): string => inDigits(BigInt(crc32(text)), 6);

/** What all keys of an id begin with. */
export const beginningOf = (id: string): string => `ns_${id.replaceAll('-', '')}_`;

/** A new key. @param secret 32 bytes */
export const makeKeyText = (id: string, secret: Buffer = randomBytes(32)): string => {
  const text = beginningOf(id) + inDigits(BigInt(`0x${secret.toString('hex')}`), 43);
  return text + checksumOf(text);
};

export const looksLikeKey = (text: string): boolean => text.startsWith('ns_');

/** The id that a key names; undefined if it is no key. Says nothing of its checksum. */
export const idOfKey = (text: string): string | undefined =>
  keyText.exec(text)?.[1]?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Whether it was written down as it was made. */
export const hasRightChecksum = (text: string): boolean => checksumOf(text.slice(0, -6)) === text.slice(-6);

/** What is kept of a key. Keys are random and long: there is nothing that a slower hash would protect. */
export const hashOfKey = (text: string): Buffer => hash('sha256', text, 'buffer');

const ofNobody = Buffer.alloc(32);

/** The hashes that a key may have, now and before it was rotated. */
export interface KeyHashes {
  hash: Buffer;
  previousHash: Buffer | null;
}

/**
 * Which of the hashes a key has. The same is done whatever it is, and whether there are any: one hash, and two comparisons of 32 bytes that
 * take the same time wherever they differ.
 */
export const matchKey = (text: string, hashes: KeyHashes | undefined): 'current' | 'previous' | 'none' => {
  const presented = hashOfKey(text);
  const isCurrent = timingSafeEqual(presented, hashes?.hash ?? ofNobody);
  const isPrevious = timingSafeEqual(presented, hashes?.previousHash ?? ofNobody);
  return isCurrent ? 'current' : isPrevious ? 'previous' : 'none';
};
