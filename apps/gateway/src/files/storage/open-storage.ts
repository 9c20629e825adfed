import { fileURLToPath } from 'node:url';
import { openDiskStorage } from './disk-storage.ts';
import type { FileStorage } from './file-storage.ts';
import type { StorageConfig } from './storage-config.ts';

/**
 * The storage that the deployment names; undefined if it names none.
 * @throws Failure `file.unavailable` if it is a folder that cannot be used
 */
export const openStorage = async (config: StorageConfig): Promise<FileStorage | undefined> => {
  if (config.NIGHTSHIFT_FILES_URL === '') return undefined;
  const url = new URL(config.NIGHTSHIFT_FILES_URL);
  if (url.protocol === 'file:') return openDiskStorage(fileURLToPath(url));
  // A large library: only who uses it loads it.
  const { openS3Storage } = await import('./s3-storage.ts');
  const accessKeyId = config.NIGHTSHIFT_FILES_S3_ACCESS_KEY_ID;
  const secretAccessKey = config.NIGHTSHIFT_FILES_S3_SECRET_ACCESS_KEY;
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  return openS3Storage({
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: config.NIGHTSHIFT_FILES_S3_REGION,
    ...(config.NIGHTSHIFT_FILES_S3_ENDPOINT !== '' && { endpoint: config.NIGHTSHIFT_FILES_S3_ENDPOINT }),
    ...(accessKeyId !== '' && { credentials: { accessKeyId, secretAccessKey } }),
  });
};
