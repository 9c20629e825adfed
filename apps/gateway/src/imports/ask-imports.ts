import { setTimeout as delay } from 'node:timers/promises';
import { Failure, requests, type ImportRequest, type ImportView } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

/** Asks the data service about imports. @throws Failure `data.unavailable`, or what the data service refuses with */
export type AskImports = <Answer>(request: ImportRequest) => Promise<Answer>;

/** A request that was lost is asked again, and meets what the first one did: shorter than a chunk may take is no harm. */
const TIMEOUT_MS = 5_000;
/** For so long an upload is held up while the data service, or its database, is away. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export const makeAskImports =
  ({ bus }: { bus: Pick<Bus, 'request'> }): AskImports =>
  (request) =>
    bus.request(requests.imports, request, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });

/** Asks again and again while nobody answers. */
export const patiently =
  (ask: AskImports): AskImports =>
  async (request) => {
    const untilMs = performance.now() + PATIENCE_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await ask(request);
      } catch (error) {
        const isAway = error instanceof Failure && error.code === 'data.unavailable';
        if (!isAway || performance.now() + pauseMs > untilMs) throw error;
      }
      await delay(pauseMs * (0.5 + Math.random() / 2));
    }
  };

/** The import, or undefined when there is none. @throws Failure `data.unavailable` */
export const makeFindImport =
  (ask: AskImports) =>
  (importId: string): Promise<ImportView | undefined> =>
    ask<ImportView>({ action: 'get', importId }).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'import.not_found') return undefined;
      throw error;
    });
