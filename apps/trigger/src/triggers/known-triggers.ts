import type { EvaluationRecord, Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import { makeEventTriggerIndex, type EventTriggerIndex } from '../events/event-trigger-index.ts';
import { makeTriggerIndex, type TriggerIndex } from './trigger-index.ts';

export interface Known {
  triggers: TriggerIndex;
  events: EventTriggerIndex;
  /** Workflows whose triggers' decisions are to be recorded, whether that is over by now or not. */
  records: readonly EvaluationRecord[];
}

/**
 * The triggers of what is published now. Asked before each batch of changes, so that a change always meets the workflows that were
 * published before it was committed. Reads what was published since it was last asked, and nothing else.
 * @throws Failure `ledger.unavailable`
 */
export type KnownTriggers = () => Promise<Known>;

export const makeKnownTriggers = ({
  ledger,
  logger,
}: {
  ledger: Pick<Ledger, 'workflows' | 'evaluations'>;
  logger: Pick<Logger, 'info' | 'error'>;
}): KnownTriggers => {
  const onBroken = (workflow: string, error: unknown): void =>
    logger.error({ err: error, workflow }, 'triggers do not compile');
  const triggers = makeTriggerIndex(onBroken);
  const events = makeEventTriggerIndex(onBroken);
  let readUpTo: number | undefined;
  let recordsUpTo: number | undefined;
  let records: readonly EvaluationRecord[] = [];
  const read = async (): Promise<Known> => {
    const revision = await ledger.workflows.revision();
    if (revision.workflows !== readUpTo) {
      const published = await ledger.workflows.published(readUpTo);
      triggers.update(published);
      events.update(published);
      // What was read may be newer than the revision: then it is read once more before the next batch.
      readUpTo = revision.workflows;
      logger.info({ revision: readUpTo, workflows: published.length }, 'triggers loaded');
    }
    if (revision.evaluationRecords !== recordsUpTo) {
      records = await ledger.evaluations.records();
      recordsUpTo = revision.evaluationRecords;
    }
    return { triggers, events, records };
  };
  // One after the other: an older answer must not come after a newer one.
  let reading: Promise<unknown> = Promise.resolve();
  return () => {
    const answer = reading.then(read, read);
    reading = answer;
    return answer;
  };
};
