import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sent } from './send-delivery.ts';

/** Notes how attempts went, those that end together in one statement. */
export interface NoteAttempts {
  /** Resolves when it is noted; also when it is given up, because the bus or the ledger is closed. */
  note(sent: Sent): Promise<void>;
  /** Gives up what cannot be noted now. */
  close(): void;
}

export interface NoteAttemptsDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'settle' | 'noteHealth' | 'pauseGone'> };
  logger: Pick<Logger, 'warn'>;
}

const AGAIN_AFTER_MS = 500;
/** Others note what they see of the same webhook: what was noted here may be wrong after this long. */
const HEALTH_HOLDS_MS = 5_000;

export const makeNoteAttempts = ({ ledger, logger }: NoteAttemptsDeps): NoteAttempts => {
  let waiting: { sent: Sent; done: () => void }[] = [];
  let isNoting = false;
  let isClosed = false;
  const noted = new Map<string, { isFailing: boolean; atMs: number }>();

  const noteHealth = async (batch: readonly Sent[]): Promise<void> => {
    const nowMs = performance.now();
    const health = new Map<string, string | null>();
    for (const { webhookId, error } of batch) if (error !== undefined) health.set(webhookId, error);
    const news = [...health].filter(([webhookId, error]) => {
      const last = noted.get(webhookId);
      return last === undefined || last.isFailing !== (error !== null) || nowMs - last.atMs > HEALTH_HOLDS_MS;
    });
    if (news.length > 0) await ledger.webhooks.noteHealth(news.map(([webhookId, error]) => ({ webhookId, error })));
    for (const [webhookId, error] of news) noted.set(webhookId, { isFailing: error !== null, atMs: nowMs });
  };

  const write = async (batch: readonly Sent[]): Promise<void> => {
    // The pause first: what is due again must find it.
    for (const { webhookId, isGone, error } of batch) {
      if (isGone && (await ledger.webhooks.pauseGone(webhookId, error!)))
        logger.warn({ webhookId }, 'the receiver of a webhook is gone: it is paused');
    }
    await ledger.webhooks.settle(batch.map(({ settled }) => settled));
    await noteHealth(batch);
  };

  const noteAll = async (): Promise<void> => {
    isNoting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch.map(({ sent }) => sent));
      } catch (error) {
        logger.warn({ err: error, attempts: batch.length }, 'attempts cannot be noted yet');
        if (!isClosed) {
          waiting = [...batch, ...waiting];
          await pause(AGAIN_AFTER_MS);
          continue;
        }
      }
      // What was given up comes again when its lease ends.
      for (const { done } of batch) done();
    }
    isNoting = false;
  };

  return {
    note: (sent) =>
      new Promise((resolve) => {
        waiting.push({ sent, done: resolve });
        if (!isNoting) void noteAll();
      }),
    close: () => {
      isClosed = true;
    },
  };
};
