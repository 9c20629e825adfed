import { asFailure, dispatchId, dispatchText, Failure, signals, subjects } from '@nightshift/contracts';
import type { Ledger, RequestedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
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

export interface PerformStartDeps {
  ledger: Pick<Ledger, 'schedules'>;
  bus: Pick<Bus, 'publish' | 'send'>;
  definitions: Definitions;
  findBreach: FindBreach;
}

/**
 * Starts a run, now or later, without waiting for it. It is admitted with the step's completion; under a key, before that, since it may be
 * another run that is changed: a repeat of the step meets what it put.
 */
export const makePerformStart =
  ({ ledger, bus, definitions, findBreach }: PerformStartDeps): Perform<'start'> =>
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
        ...(effect.key !== undefined && { key: effect.key }),
        ...(effect.ignorePrivacy === true && { ignorePrivacy: true }),
      },
      occasion,
    );
    if (effect.key !== undefined) return putUnderKey({ ledger, bus }, run);
    const result = { scheduleId: run.runId, runId: run.runId, dueAt: dueAt ?? run.at };
    return { outcome: { kind: 'completed', result }, runs: [run] };
  };

const putUnderKey = async (
  { ledger, bus }: Pick<PerformStartDeps, 'ledger' | 'bus'>,
  run: RequestedRun,
): Promise<Performed> => {
  const { runId, dueAt, outcome, version, isReady } = await ledger.schedules.put(run);
  // A held run goes nowhere, but its events are for the feed.
  if (isReady || run.held || outcome === 'replaced')
    bus.publish(subjects.dispatch, dispatchText({ runId, version }), { id: dispatchId({ runId, version }) });
  if (!isReady) bus.send(signals.timers, { dueAt });
  const result = { scheduleId: runId, runId, dueAt, replaced: outcome === 'replaced' };
  return { outcome: { kind: 'completed', result } };
};

/** When the run is due; undefined if that is now. What is past is kept: it says how late the run is. */
const dueTime = ({ dueAt, delayMs }: { dueAt?: string; delayMs?: number }): string | undefined => {
  if (dueAt === undefined && !delayMs) return undefined;
  const due = dueAt === undefined ? Date.now() + (delayMs ?? 0) : Date.parse(dueAt);
  if (Number.isNaN(due)) throw new Failure('platform.bug', { detail: 'A due time was not checked' });
  return new Date(due).toISOString();
};
