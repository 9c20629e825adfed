import { isFinal, runStatuses, type Progress, type RunStatus, type RunView } from '@nightshift/contracts';
import type { ChainFacts } from '@nightshift/ledger';
import { etaOf, percentOf, rateOf, shareOf, type Mark } from './pace.ts';

export interface ChainProgressInput {
  first: RunView;
  facts: ChainFacts;
  /** How far it was when some of its newest cycles ended. */
  marks: readonly Mark[];
  isStalled: boolean;
  nowMs: number;
}

export const statusOfChain = ({ counts, last }: Pick<ChainFacts, 'counts' | 'last'>): RunStatus => {
  const isOpen = [...counts.keys()].some((status) => !isFinal(status));
  return isOpen && isFinal(last.status) ? 'running' : last.status;
};

type Counts = Pick<Progress, 'total' | 'done' | 'succeeded' | 'failed' | 'cancelled'>;

/**
 * In cycles that have ended, of a total that nobody knows before the end; or in what the cycles report with `progress` steps: the newest total
 * that one declared, and the most that was said to be done. A cycle that reports less than the one before takes nothing back.
 */
const countChain = ({ counts, reported }: ChainFacts, status: RunStatus): Counts => {
  const count = (of: RunStatus): number => counts.get(of) ?? 0;
  const ended = runStatuses.filter(isFinal).reduce((sum, of) => sum + count(of), 0);
  const done = Math.max(ended, reported.done ?? 0);
  const failed = count('failed');
  const cancelled = count('cancelled');
  const declared = reported.total === undefined ? null : Math.max(reported.total, done);
  if (!isFinal(status)) return { total: declared, done, succeeded: done - failed - cancelled, failed, cancelled };
  const total = declared ?? done;
  // A chain that has succeeded has done everything; of another one, the rest was not come to.
  const rest = status === 'succeeded' ? 0 : total - done;
  return { total, done: total, succeeded: total - failed - cancelled - rest, failed, cancelled: cancelled + rest };
};

/** How far a chain is. */
export const chainProgress = ({ first, facts, marks, isStalled, nowMs }: ChainProgressInput): Progress => {
  const { counts, last, reported } = facts;
  const status = statusOfChain(facts);
  const counted = countChain(facts, status);
  const { total, done } = counted;
  const ratePerSecond = rateOf(marks[0], marks.at(-1), nowMs);
  const lastAt = last.finishedAt ?? last.startedAt ?? last.requestedAt;
  const problem = status === 'failed' ? last.problem : null;
  return {
    id: first.id,
    kind: 'chain',
    status,
    ...counted,
    skipped: 0,
    inFlight: (counts.get('running') ?? 0) + (counts.get('waiting') ?? 0),
    retrying: 0,
    percent: percentOf(shareOf(done, total), isFinal(status)),
    iteration: last.iteration,
    ratePerSecond,
    eta: etaOf({ status, total, done, ratePerSecond }, nowMs),
    stalled: isStalled,
    message: problem?.detail ?? problem?.title ?? reported.message ?? null,
    startedAt: first.startedAt,
    updatedAt: lastAt,
    lastProgressAt: lastAt,
  };
};
