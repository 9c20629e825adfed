import { asFailure, Failure } from '@nightshift/contracts';
import type { Definition, Definitions } from '../definitions.ts';
import { failed, failedWith, isPlatformAway } from './failed.ts';
import type { FindBreach } from './guards.ts';
import type { Perform, Performed } from './performed.ts';
import { requestRun } from './request-run.ts';

/** Finds the workflow and checks the parameters, or says what is wrong as a step's failure. */
export const findStart = async (
  definitions: Definitions,
  workflow: string,
  parameters: Record<string, unknown>,
): Promise<{ definition: Definition; parameters: Record<string, unknown> } | { refused: Performed }> => {
  let definition: Definition;
  try {
    definition = await definitions.published(workflow);
  } catch (error) {
    const failure = asFailure(error);
    if (isPlatformAway(failure)) throw failure;
    return { refused: failed(failure) };
  }
  const check = definition.checkParameters({ ...parameters });
  return check.ok
    ? { definition, parameters: check.value as Record<string, unknown> }
    : {
        refused: failedWith('parameters.invalid', {
          detail: `The parameters do not fit "${workflow}"`,
          errors: check.violations,
        }),
      };
};

/** Starts a run, now or later, without waiting for it. */
export const makePerformStart =
  (definitions: Definitions, findBreach: FindBreach): Perform<'start'> =>
  async (effect, occasion) => {
    const found = await findStart(definitions, effect.workflow, effect.parameters);
    if ('refused' in found) return found.refused;
    const dueAt = dueTime(effect);
    const isChain = effect.workflow === occasion.requested.workflow;
    const run = await requestRun(
      findBreach,
      {
        workflow: effect.workflow,
        ...found,
        cause: (from) => ({ kind: isChain ? 'chain' : 'run', ...from }),
        dueAt,
        ...(effect.version === 'latest' && { version: effect.version }),
      },
      occasion,
    );
    const result = { scheduleId: run.runId, runId: run.runId, dueAt: dueAt ?? run.at };
    return { outcome: { kind: 'completed', result }, runs: [run] };
  };

/** When the run is due; undefined if that is now. */
const dueTime = ({ dueAt, delayMs }: { dueAt?: string; delayMs?: number }): string | undefined => {
  const due = dueAt === undefined ? Date.now() + (delayMs ?? 0) : Date.parse(dueAt);
  if (Number.isNaN(due)) throw new Failure('platform.bug', { detail: 'A due time was not checked' });
  return due > Date.now() ? new Date(due).toISOString() : undefined;
};
