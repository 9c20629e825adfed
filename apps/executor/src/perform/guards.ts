import type { RunEventData, RunRequested } from '@nightshift/contracts';
import { idTimeMs, type Ledger, type RequestedRun } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { Counter } from 'prom-client';
import type { Definition } from '../definitions.ts';

/** Why a run has to be held before it starts; undefined: it keeps within its workflow's guards. */
export type FindBreach = (requested: RunRequested, definition: Definition) => Promise<RequestedRun['held']>;

export interface FindBreachDeps {
  ledger: { runs: Pick<Ledger['runs'], 'find'> };
  holdBack: HoldBack;
}

/** Says, counts, and puts as an event's data, that a guard holds a run. */
export type HoldBack = (breach: Breach, requested: RunRequested) => RunEventData<'RunPaused'>;

export const makeHoldBack =
  ({ logger, breaches }: { logger: Pick<Logger, 'warn'>; breaches: Counter<'guard' | 'workflow'> }): HoldBack =>
  (breach, { workflow, chainId }) => {
    const { name: guard, limit, value } = breach;
    logger.warn({ workflow, chainId, guard, limit, value }, 'run held by a guard');
    breaches.inc({ guard, workflow });
    return { reason: reasons[guard](breach), guard: breach };
  };

/**
 * Counts what a workflow's guards limit: the cycles of a chain, how deep runs start each other, and how long a chain has been going on.
 * Whatever exceeds one is held and not lost: somebody looks at it, and raises the limit or cancels the run.
 */
export const makeFindBreach =
  ({ ledger, holdBack }: FindBreachDeps): FindBreach =>
  async (requested, { guards }) => {
    const found =
      exceeded('cycles', requested.iteration, guards.cycles) ??
      exceeded('depth', requested.depth, guards.depth) ??
      (await findOverlong(ledger, requested, guards.durationMs));
    return found && holdBack(found, requested);
  };

export interface Breach {
  name: 'cycles' | 'depth' | 'duration' | 'runsPerMinute';
  limit: number;
  value: number;
}

const reasons: Record<Breach['name'], (breach: Breach) => string> = {
  cycles: ({ limit, value }) => `This is cycle ${value} of its chain, and the workflow allows ${limit}`,
  depth: ({ limit, value }) =>
    `${value} runs stand between this one and a start from outside; the workflow allows ${limit}`,
  runsPerMinute: ({ limit, value }) => `It is start ${value} within a minute, and the workflow allows ${limit}`,
  duration: ({ limit, value }) => `The chain has been going on for ${value} ms, and the workflow allows ${limit} ms`,
};

const exceeded = (name: Breach['name'], value: number, limit: number | null): Breach | undefined =>
  limit !== null && value > limit ? { name, limit, value } : undefined;

/** The first run's id tells when it was requested: a bound that costs no read. Only beyond it is the ledger asked when it started. */
const findOverlong = async (
  ledger: FindBreachDeps['ledger'],
  { chainId, iteration }: RunRequested,
  limitMs: number | null,
): Promise<Breach | undefined> => {
  if (iteration === 1 || !exceeded('duration', Date.now() - idTimeMs(chainId), limitMs)) return undefined;
  const first = await ledger.runs.find(chainId);
  const startedMs = first?.startedAt ? Date.parse(first.startedAt) : idTimeMs(chainId);
  return exceeded('duration', Date.now() - startedMs, limitMs);
};
