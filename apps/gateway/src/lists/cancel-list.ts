import { Failure, signals } from '@nightshift/contracts';
import type { Ledger, ListView } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';

interface CancelListDeps {
  ledger: Pick<Ledger, 'lists'>;
  bus: Pick<Bus, 'send'>;
}

/**
 * No further item of the list starts; one that is cancelled already stays so.
 * @throws Failure `list.not_found`, `list.ended`
 */
export const makeCancelList =
  ({ ledger, bus }: CancelListDeps) =>
  async (listId: string): Promise<ListView> => {
    try {
      const list = await ledger.lists.cancel(listId);
      bus.send(signals.lists, { listIds: [listId] });
      return list;
    } catch (error) {
      const list =
        error instanceof Failure && error.code === 'list.ended' ? await ledger.lists.find(listId) : undefined;
      if (list?.status === 'cancelled') return list;
      throw error;
    }
  };
