import type { Logger } from '@nightshift/runtime';
import type pg from 'pg';
import { Counter, type Registry } from 'prom-client';
import { listen } from '../database/listen.ts';
import { FILES_CHANGED } from './files-changed.ts';
import { checkFiles, eraseContent, expireUploads, nextDueMs, settleLetGo, type EraseContent } from './sweep-files.ts';

export interface KeepSweepingOptions {
  url: string;
  pool: pg.Pool;
  erase: EraseContent;
  registry: Registry;
  logger: Logger;
}

export interface FileSweeper {
  /** Something was noted that is due by then. */
  lookBy(inMs: number): void;
  close(): Promise<void>;
}

/** What another replica has noted, and died before it was due, is seen by then. */
const LONGEST_MS = 60 * 60_000;
/** After an error, or while somebody holds a file that he may link. */
const SOON_MS = 5_000;
/** Not faster, whatever is due: the clock of the database may say so a moment before it means it. */
const SHORTEST_MS = 50;

/**
 * Removes files that nothing refers to, and has their content erased: when the database says that there are some, and when something is due.
 * Every replica does it; what one has in hand the others leave out.
 */
export const keepSweeping = ({ url, pool, erase, registry, logger }: KeepSweepingOptions): FileSweeper => {
  const contents = new Counter({
    name: 'nightshift_data_contents_erased_total',
    help: 'Contents of removed files: erased, and attempts at it that failed',
    labelNames: ['outcome'],
    registers: [registry],
  });
  let isClosed = false;
  let isStirred = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = Infinity;

  const lookBy = (inMs: number): void => {
    const atMs = Date.now() + Math.max(SHORTEST_MS, Math.min(inMs, LONGEST_MS));
    if (isClosed || atMs >= dueAtMs) return;
    clearTimeout(timer);
    dueAtMs = atMs;
    timer = setTimeout(stir, atMs - Date.now());
  };
  const stir = (): void => {
    isStirred = true;
    if (!isClosed) running ??= work().finally(() => (running = undefined));
  };
  const work = async (): Promise<void> => {
    while (isStirred && !isClosed) {
      isStirred = false;
      clearTimeout(timer);
      dueAtMs = Infinity;
      try {
        const isBusy = await sweep();
        lookBy(Math.min((await nextDueMs(pool)) ?? LONGEST_MS, isBusy ? SOON_MS : LONGEST_MS));
      } catch (error) {
        if (!isClosed) logger.warn({ err: error }, 'files cannot be swept');
        lookBy(SOON_MS);
      }
    }
  };
  const sweep = async (): Promise<boolean> => {
    while (!isClosed && (await expireUploads(pool)));
    while (!isClosed && (await checkFiles(pool)));
    let settled = { isMore: true, isBusy: false };
    while (!isClosed && settled.isMore) settled = await settleLetGo(pool);
    for (let isMore = true; isMore && !isClosed;) {
      const { erased, failed, cause, ...rest } = await eraseContent(pool, erase);
      contents.inc({ outcome: 'erased' }, erased);
      contents.inc({ outcome: 'failed' }, failed);
      if (failed > 0) logger.warn({ failed, err: cause }, 'content of files is erased later');
      isMore = rest.isMore;
    }
    return settled.isBusy;
  };

  const listening = listen({
    url,
    channel: FILES_CHANGED,
    applicationName: 'nightshift data files',
    onNotified: stir,
  });
  return {
    lookBy,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await listening.close();
      await running;
    },
  };
};
