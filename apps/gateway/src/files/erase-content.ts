import { compileSchema, EraseContentSchema } from '@nightshift/contracts';
import type { Logger } from '@nightshift/runtime';
import { checked } from '../door/checked.ts';
import type { FileStorage } from './storage/file-storage.ts';

const check = compileSchema(EraseContentSchema);

export interface EraseContentDeps {
  storage: FileStorage;
  logger: Pick<Logger, 'warn'>;
}

/** Deletes contents that no file is any more, for the data service. @returns the keys of those that are gone @throws Failure `request.invalid` */
export const makeEraseContent =
  ({ storage, logger }: EraseContentDeps) =>
  async (request: unknown): Promise<string[]> => {
    const erase = async (storageKey: string): Promise<string[]> => {
      try {
        await storage.remove(storageKey);
        return [storageKey];
      } catch (error) {
        logger.warn({ err: error, storageKey }, 'content cannot be erased');
        return [];
      }
    };
    return (await Promise.all(checked(check, request).storageKeys.map(erase))).flat();
  };
