import { compileSchema, EraseContentSchema } from '@nightshift/contracts';
import { checked } from '../door/checked.ts';
import type { FileStorage } from './storage/file-storage.ts';

const check = compileSchema(EraseContentSchema);

/** Deletes contents that no file is any more, for the data service. @throws Failure `request.invalid`, `file.unavailable` */
export const makeEraseContent =
  ({ storage }: { storage: FileStorage }) =>
  async (request: unknown): Promise<null> => {
    await Promise.all(checked(check, request).storageKeys.map((key) => storage.remove(key)));
    return null;
  };
