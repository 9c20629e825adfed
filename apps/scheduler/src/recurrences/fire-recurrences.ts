import { asFailure } from '@nightshift/contracts';
import type { RecurrenceRow } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { FaultLog } from '../loops/fault-log.ts';

export interface FireRecurrencesDeps {
  /** Resolves to whether this process was first with it. */
  fireRecurrence: (recurrence: RecurrenceRow) => Promise<boolean>;
  faults: FaultLog;
  logger: Logger;
}

/** Transactions side by side. More would take the connections that timers and lists need. */
const PARALLEL = 2;

/** Fires each of them; one that cannot be fired does not hold up the others. @returns how many this process was first with */
export const makeFireRecurrences =
  ({ fireRecurrence, faults, logger }: FireRecurrencesDeps) =>
  async (recurrences: readonly RecurrenceRow[]): Promise<number> => {
    const waiting = recurrences.values();
    let won = 0;
    const lane = async (): Promise<void> => {
      for (const recurrence of waiting) {
        try {
          if (await fireRecurrence(recurrence)) won++;
        } catch (error) {
          const { code } = asFailure(error);
          if (code === 'ledger.unavailable') throw error;
          const { workflow, key, nextAt } = recurrence;
          // Every recurrence that has a thing fails while the data service is away, at each look.
          if (code === 'data.unavailable') faults.failed('recurrences', error);
          else logger.error({ err: error, workflow, key, plannedAt: nextAt }, 'recurrence cannot be fired');
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return won;
  };
