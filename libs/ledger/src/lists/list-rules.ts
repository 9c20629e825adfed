import type { Caller, FailurePolicy, ListOrder } from '@nightshift/contracts';
import type { PaceMemory, PaceRules } from './pace.ts';

export interface WorkflowAtVersion {
  workflow: string;
  workflowVersion: number;
}

/** How a list is handed out, beside its interval and concurrency. What is absent has no effect. */
export interface ListRules {
  order?: ListOrder;
  /** As it was written: for whoever reads the list. */
  key?: string;
  gapMs?: number;
  rate?: { limit: number; perMs: number };
  /** Percent of all items. 0: the first failure stops it. */
  stopAbovePercent?: number;
  onItemFailed?: WorkflowAtVersion;
  /** Every so many items or so many percent of them: exactly one of the two. */
  onProgress?: WorkflowAtVersion & { everyItems?: number; everyPercent?: number };
}

/** A row of `lists`. */
export interface ListRow {
  id: string;
  workflow: string;
  workflow_version: number;
  parameters: Record<string, unknown>;
  item_parameter: string | null;
  total: number;
  next_index: number;
  dropped: number;
  passed_over: number;
  start_at: Date | null;
  next_start_at: Date;
  interval_ms: string | null;
  concurrency: number | null;
  rules: ListRules;
  pace: PaceMemory | null;
  on_complete: string | null;
  on_complete_version: number | null;
  parent_run_id: string | null;
  requested_by: Caller | null;
  depth: number;
  progress_step: number;
  ends_as: 'cancelled' | 'failed' | null;
  message: string | null;
  requested_at: Date;
  paused_at: Date | null;
  completed_at: Date | null;
  finished_at: Date | null;
}

/** A row of `list_counts`. */
export interface CountsRow {
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  retrying: number;
  progress_at: Date | null;
}

export const paceRulesOf = ({ interval_ms: intervalMs, concurrency, rules }: ListRow): PaceRules => ({
  intervalMs: Number(intervalMs) || null,
  gapMs: rules.gapMs ?? null,
  rate: rules.rate ?? null,
  isSequential: rules.order === 'sequential',
  concurrency,
});

/** Items that were taken out and that the hand-out has not come to yet. */
export const skipsAhead = (list: ListRow, counts: CountsRow): number => counts.skipped - list.passed_over;

/** Items that were started and have ended, each once: one that is tried again has not. */
export const endedOf = ({ succeeded, failed, cancelled, retrying }: CountsRow): number =>
  succeeded + failed + cancelled - retrying;

export const handedOutOf = ({ next_index: next, dropped, passed_over: passedOver }: ListRow): number =>
  next - dropped - passedOver;

/** Items that are final: also those that never started. */
export const doneOf = (list: ListRow, { succeeded, failed, cancelled, skipped }: CountsRow): number =>
  succeeded + failed + cancelled + skipped + list.dropped;

export const stopPolicyOf = ({ stopAbovePercent }: ListRules): FailurePolicy => {
  if (stopAbovePercent === undefined) return 'continue';
  return stopAbovePercent === 0 ? 'stop' : { stopAbovePercent };
};
