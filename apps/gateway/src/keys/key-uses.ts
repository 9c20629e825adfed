import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';

/** When keys were used, gathered here and written now and then: no request waits for it, and none writes it. */
export interface KeyUses {
  mark(id: string, atMs: number): void;
  /** Writes what there is to write. */
  close(): Promise<void>;
}

export interface KeyUsesDeps {
  ledger: { keys: Pick<Ledger['keys'], 'used'> };
  logger: Pick<Logger, 'warn'>;
  /** Shorter, and keys' rows are written more often; longer, and `lastUsedAt` is later. */
  everyMs?: number;
}

export const makeKeyUses = ({ ledger, logger, everyMs = 60_000 }: KeyUsesDeps): KeyUses => {
  let uses = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const write = async (): Promise<void> => {
    timer = undefined;
    if (uses.size === 0) return;
    const written = uses;
    uses = new Map();
    try {
      await ledger.keys.used(new Map([...written].map(([id, atMs]) => [id, new Date(atMs)])));
    } catch (error) {
      // The next use says it again.
      logger.warn({ err: error }, 'uses of keys not written');
    }
  };

  return {
    mark: (id, atMs) => {
      uses.set(id, atMs);
      timer ??= setTimeout(() => void write(), everyMs).unref();
    },
    close: async () => {
      clearTimeout(timer);
      await write();
    },
  };
};
