import type { StoredFile } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import { randomBytes } from 'node:crypto';
import { requestedBy, type Asked } from '../door/asked.ts';
import { keyReused } from '../idempotency/claims.ts';
import type { FileBooks } from './file-books.ts';
import { measured } from './measured.ts';
import type { Upload } from './read-upload.ts';
import type { FileStorage } from './storage/file-storage.ts';

export interface UploadFileDeps {
  books: FileBooks;
  storage: FileStorage;
  maxBytes: number;
  logger: Pick<Logger, 'warn'>;
}

/**
 * Keeps an upload: tells the books where its content will be, stores it as it arrives, and tells the books that it is all there. Whatever
 * breaks off in between, this process included, leaves an entry that removes the content. A repeat under an idempotency key has the same id:
 * it takes the place of an attempt that has not ended, or gets the file of one that has.
 * @throws Failure `file.too_large`, `file.incomplete`, `file.superseded`, `file.unavailable`, `data.unavailable`, `idempotency.key_reused`
 */
export const makeUploadFile =
  ({ books, storage, maxBytes, logger }: UploadFileDeps) =>
  async ({ name, contentType, content }: Upload, asked: Asked): Promise<StoredFile> => {
    const id = asked.newId('file');
    const storageKey = randomBytes(16).toString('hex');
    const known = await books.begin({ id, storageKey, name, contentType, createdBy: requestedBy(asked).requestedBy });
    const arriving = measured(content, maxBytes);
    if (known !== null) {
      await arriving.content.resume().toArray();
      if (arriving.result().sha256 !== known.sha256) throw keyReused();
      return known;
    }
    try {
      await storage.write(storageKey, arriving.content);
      return await books.complete({ id, storageKey, ...arriving.result() });
    } catch (error) {
      // Without it, the content is removed when the upload expires.
      await books.abandon(id, storageKey).catch((cause: unknown) => {
        logger.warn({ err: cause, file: id }, 'an upload that broke off is removed later');
      });
      throw error;
    }
  };

export type UploadFile = ReturnType<typeof makeUploadFile>;
