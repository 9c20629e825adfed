import { Failure } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { EventFilter } from './event-filter.ts';

/** Whoever follows what does not exist waits for ever. */
export type AssertExists = (filter: EventFilter) => Promise<void>;

/** @throws Failure `list.not_found`, `workflow.not_found`, `run.not_found` for a chain: its id is that of its first run */
export const makeAssertExists =
  ({ ledger }: { ledger: Pick<Ledger, 'lists' | 'workflows' | 'runs'> }): AssertExists =>
  async ({ listIds = [], chainIds = [], workflows = [] }) => {
    for (const listId of listIds) {
      if ((await ledger.lists.find(listId)) === undefined) {
        throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
      }
    }
    for (const chainId of chainIds) {
      if ((await ledger.runs.find(chainId)) === undefined) {
        throw new Failure('run.not_found', { detail: `There is no chain ${chainId}` });
      }
    }
    for (const workflow of workflows) {
      if ((await ledger.workflows.find(workflow)) === undefined) {
        throw new Failure('workflow.not_found', { detail: `There is no workflow "${workflow}"` });
      }
    }
  };
