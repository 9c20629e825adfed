import { Failure } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { EventFilter } from './event-filter.ts';

/** Whoever follows what does not exist waits for ever. @throws Failure `list.not_found`, `workflow.not_found` */
export const makeAssertExists =
  ({ ledger }: { ledger: Pick<Ledger, 'lists' | 'workflows'> }) =>
  async ({ listId, workflow }: EventFilter): Promise<void> => {
    if (listId !== undefined && (await ledger.lists.find(listId)) === undefined) {
      throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
    }
    if (workflow !== undefined && (await ledger.workflows.find(workflow)) === undefined) {
      throw new Failure('workflow.not_found', { detail: `There is no workflow "${workflow}"` });
    }
  };
