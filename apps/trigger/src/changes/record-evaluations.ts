import { asFailure, type ChangeEvent } from '@nightshift/contracts';
import type { Evaluation, EvaluationRecord, Ledger } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { TriggerIndex } from '../triggers/trigger-index.ts';
import { explainTrigger } from './explain-trigger.ts';

/** Records what the triggers of some workflows decided about changes. @throws Failure `ledger.unavailable` */
export type RecordEvaluations = (
  changes: readonly ChangeEvent[],
  triggers: TriggerIndex,
  records: readonly EvaluationRecord[],
  at: string,
) => Promise<void>;

/** The records are for people who look for a mistake: what the ledger refuses for good is given up, and the changes go on. */
export const makeRecordEvaluations =
  ({ ledger, logger }: { ledger: Pick<Ledger, 'evaluations'>; logger: Pick<Logger, 'error'> }): RecordEvaluations =>
  async (changes, triggers, records, at) => {
    const wanted = records.filter(({ until }) => until.toISOString() > at);
    if (wanted.length === 0) return;
    const evaluations: Evaluation[] = [];
    for (const { workflow } of wanted)
      for (const trigger of triggers.of(workflow))
        for (const change of changes) {
          const evaluation = await explainTrigger(change, trigger, at);
          if (evaluation) evaluations.push(evaluation);
        }
    if (evaluations.length === 0) return;
    try {
      await ledger.evaluations.keep(evaluations, new Map(wanted.map(({ workflow, most }) => [workflow, most])));
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code === 'ledger.unavailable') throw failure;
      logger.error({ err: failure, evaluations: evaluations.length }, 'decisions of triggers are not recorded');
    }
  };
