import type { Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import { indexTriggers, type TriggerIndex } from './trigger-index.ts';

/**
 * The triggers of what is published now. Asked before each batch of changes, so that a change always meets the workflows that were
 * published before it was committed. @throws Failure `ledger.unavailable`
 */
export type KnownTriggers = () => Promise<TriggerIndex>;

export const makeKnownTriggers = ({
  ledger,
  logger,
}: {
  ledger: Pick<Ledger, 'workflows'>;
  logger: Logger;
}): KnownTriggers => {
  let known: { revision: number; index: TriggerIndex } | undefined;
  return async () => {
    const revision = await ledger.workflows.revision();
    if (known?.revision === revision) return known.index;
    const published = await ledger.workflows.published();
    const index = indexTriggers(published, (workflow, error) =>
      logger.error({ err: error, workflow }, 'triggers do not compile'),
    );
    // What was read may be newer than the revision: then it is read once more before the next batch.
    known = { revision, index };
    logger.info({ revision, workflows: published.length }, 'triggers loaded');
    return index;
  };
};
