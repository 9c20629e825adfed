import type { Logger } from '@nightshift/runtime';
import { lstatSync, readFileSync, realpathSync, watch, type FSWatcher } from 'node:fs';
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

/** Where a change of a file shows: in its folder, where that really is, and beside the folder if that is a link. */
const foldersOf = (path: string): string[] => {
  const folder = dirname(path);
  const isLink = lstatSync(folder).isSymbolicLink();
  return [folder, dirname(realpathSync(path)), ...(isLink ? [dirname(folder)] : [])];
};

/**
 * Has new connections use what the files hold when that changes. Folders are watched, for orchestrators put whole folders in place of
 * others. What is not a pair is not used, and told in the log.
 */
export const followTls = (
  server: Pick<Server, 'setSecureContext'>,
  { certPath, keyPath }: TlsFiles,
  logger: Pick<Logger, 'info' | 'warn'>,
): { close(): void } => {
  let timer: NodeJS.Timeout | undefined;
  let current: TlsPair | undefined;
  let watchers: FSWatcher[] = [];

  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLED_AFTER_MS);
  };
  const closeAll = (): void => {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  };
  /** What a link leads to is watched where it now is. */
  const watchAgain = (): void => {
    // Without the files nothing is known but where to wait for them: where they were.
    const folders = new Set([certPath, keyPath].flatMap(foldersOf));
    closeAll();
    for (const folder of folders) {
      watchers.push(
        watch(folder, changed).on('error', (error) =>
          logger.warn({ err: error, folder }, 'certificates are not watched any more'),
        ),
      );
    }
  };
  const read = (): void => {
    const pair = readTls({ certPath, keyPath });
    if (current !== undefined && pair.cert.equals(current.cert) && pair.key.equals(current.key)) return;
    server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
    if (current !== undefined) logger.info('certificate replaced');
    current = pair;
  };
  const look = (): void => {
    try {
      // Before it is read: what changes afterwards is an event again.
      watchAgain();
      read();
    } catch (error) {
      logger.warn({ err: error }, 'the new certificate cannot be used');
    }
  };

  watchAgain();
  read();
  return {
    close: () => {
      clearTimeout(timer);
      closeAll();
    },
  };
};
