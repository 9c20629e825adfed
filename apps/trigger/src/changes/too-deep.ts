import type { RequestedRun } from '@nightshift/ledger';

/** Why a run is held that is deeper than its workflow allows. */
export const tooDeep = (value: number, limit: number): RequestedRun['held'] => ({
  reason: `${value} runs have started each other to make this change; the workflow allows ${limit}`,
  guard: { name: 'depth', limit, value },
});
