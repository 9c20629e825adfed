import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileStorage } from './file-storage.ts';
import { unavailable } from './unavailable.ts';

/** Of a content that is still being written. */
const PART = '.part';

/**
 * Contents as files of a folder, which all gateways must share. A content has its name only when it is whole and on the disk: it is
 * written under another one, synced and renamed.
 * @throws Failure `file.unavailable` if the folder can be neither found nor made
 */
export const openDiskStorage = async (root: string): Promise<FileStorage> => {
  await makeFolder(root).catch(unavailable);
  // Ids that grow with time begin alike, keys do not: 256 folders of about the same size.
  const pathOf = (key: string): string => join(root, key.slice(0, 2), key);

  return {
    write: async (key, content) => {
      const path = pathOf(key);
      try {
        await makeFolder(dirname(path));
        await pipeline(content, createWriteStream(path + PART, { flags: 'wx', mode: 0o600, flush: true }));
        await rename(path + PART, path);
        await sync(dirname(path));
      } catch (error) {
        await rm(path + PART, { force: true }).catch(() => {});
        unavailable(error);
      }
    },

    read: async (key, range) => {
      try {
        const handle = await open(pathOf(key), 'r');
        return handle.createReadStream(range);
      } catch (error) {
        return isMissing(error) ? undefined : unavailable(error);
      }
    },

    remove: async (key) => {
      const path = pathOf(key);
      await Promise.all([path, path + PART].map((each) => rm(each, { force: true }))).catch(unavailable);
    },

    close: () => {},
  };
};

/** A folder that is made is synced into the one that holds it, else its files could vanish with it. */
const makeFolder = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await sync(dirname(made));
};

const sync = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
