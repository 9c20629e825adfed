import { Failure } from '@nightshift/contracts';

/**
 * What a storage refuses with is nothing that a caller could mend; its words stay in our log. A failure is what a content broke off with, and
 * passes.
 */
export const unavailable = (error: unknown): never => {
  throw error instanceof Failure ? error : new Failure('file.unavailable', { cause: error });
};
