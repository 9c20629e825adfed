import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';

const MONTHS_AHEAD = 1;
const EVERY_MS = 24 * 60 * 60_000;

/** Makes the ledger's partitions of the coming months. @returns the milliseconds until the next turn */
export const makeEnsurePartitions =
  ({ ledger, logger }: { ledger: Pick<Ledger, 'ensurePartitions'>; logger: Logger }) =>
  async (): Promise<number> => {
    const made = await ledger.ensurePartitions(MONTHS_AHEAD);
    if (made > 0) logger.info({ made }, 'partitions made');
    return EVERY_MS;
  };
