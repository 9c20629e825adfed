import type { Definitions } from '../definitions.ts';
import type { FindBreach } from './guards.ts';
import type { Perform } from './performed.ts';
import { requestRun } from './request-run.ts';
import { findStart } from './start.ts';

/**
 * Starts a run and lets this one rest until that has ended; its result is then the step's. If a guard holds the called run, this one
 * rests for as long.
 */
export const makePerformCall =
  (definitions: Definitions, findBreach: FindBreach): Perform<'call'> =>
  async ({ workflow, parameters, ignorePrivacy }, occasion) => {
    const found = await findStart(definitions, workflow, parameters);
    if ('refused' in found) return found.refused;
    const run = await requestRun(
      findBreach,
      { workflow, ...found, cause: (from) => ({ kind: 'call', ...from }), ...(ignorePrivacy && { ignorePrivacy }) },
      occasion,
    );
    return { outcome: { kind: 'calling', calledRunId: run.runId }, runs: [run] };
  };
