import { isFinal, type Progress } from '@nightshift/contracts';
import { hash } from 'node:crypto';

/** What moves though nothing has happened, and what says only when something did. */
const passing: ReadonlySet<string> = new Set([
  'eta',
  'ratePerSecond',
  'updatedAt',
  'lastProgressAt',
] satisfies (keyof Progress)[]);

/** The same for documents that say the same, whichever gateway made them. */
export const fingerprintOf = (document: Partial<Progress>): string =>
  hash(
    'sha256',
    JSON.stringify(document, (key, value: unknown) => (passing.has(key) ? undefined : value)),
    'base64url',
  ).slice(0, 16);

/** Whether the document is the last one: nothing is under way any more. */
export const isOver = ({ status, inFlight }: Progress): boolean => isFinal(status) && inFlight === 0;
