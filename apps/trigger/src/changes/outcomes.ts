import type { EvaluationOutcome } from '@nightshift/contracts';
import type { TriggerMetrics } from '../metrics.ts';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';

/** What became of the triggers that a batch of changes came by. Counted at its end, so that a batch that is repeated counts once. */
export interface Outcomes {
  count(trigger: PublishedTrigger, outcome: EvaluationOutcome): void;
  /** Triggers that were left out without a look: for what they need, or for a later change of the same transaction. */
  notLookedAt(leftOut: number, superseded: number): void;
  settle(): void;
}

export const makeOutcomes = ({ evaluations, leftOut }: Pick<TriggerMetrics, 'evaluations' | 'leftOut'>): Outcomes => {
  const counts = new Map<string, Map<EvaluationOutcome, number>>();
  const totals = { condition: 0, superseded: 0 };
  return {
    count: ({ workflow }, outcome) => {
      let own = counts.get(workflow);
      if (!own) counts.set(workflow, (own = new Map()));
      own.set(outcome, (own.get(outcome) ?? 0) + 1);
    },
    notLookedAt: (condition, superseded) => {
      totals.condition += condition;
      totals.superseded += superseded;
    },
    settle: () => {
      for (const [workflow, own] of counts)
        for (const [outcome, count] of own) evaluations.inc({ workflow, outcome }, count);
      for (const reason of ['condition', 'superseded'] as const)
        if (totals[reason] > 0) leftOut.inc({ reason }, totals[reason]);
    },
  };
};
