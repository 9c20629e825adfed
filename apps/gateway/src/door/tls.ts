import type { Logger } from '@nightshift/runtime';
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import type { Server } from 'node:https';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';

export interface TlsFiles {
  /** Where the certificate is, with those that it depends on, in PEM. */
  certPath: string;
  keyPath: string;
}

export interface TlsPair {
  cert: Buffer;
  key: Buffer;
}

/** @throws Error that says which file cannot be read, or that the two are no pair */
export const readTls = ({ certPath, keyPath }: TlsFiles): TlsPair => {
  const pair = { cert: readFileSync(certPath), key: readFileSync(keyPath) };
  createSecureContext(pair);
  return pair;
};

/** Both files are written one after the other: after this long without a change they are read. */
const SETTLED_AFTER_MS = 200;

/**
 * Has new connections use what the files hold when that changes. Their folders are watched, for orchestrators put whole folders in place of
 * others. What is not a pair is not used, and told in the log.
 */
export const followTls = (
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  logger: Pick<Logger, 'info' | 'warn'>,
): { close(): void } => {
  let timer: NodeJS.Timeout | undefined;
  let current = readTls(files);
  const read = (): void => {
    try {
      const pair = readTls(files);
      if (pair.cert.equals(current.cert) && pair.key.equals(current.key)) return;
      server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
      current = pair;
      logger.info('certificate replaced');
    } catch (error) {
      logger.warn({ err: error }, 'the new certificate cannot be used');
    }
  };
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(read, SETTLED_AFTER_MS);
  };
  const watchers: FSWatcher[] = [...new Set([files.certPath, files.keyPath].map((path) => dirname(path)))].map(
    (folder) => watch(folder, changed).on('error', (error) => logger.warn({ err: error }, 'certificates are not watched any more')),
  );
  // Changed between the first reading and the watching.
  changed();
  return {
    close: () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
};
