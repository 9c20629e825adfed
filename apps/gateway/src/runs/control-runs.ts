import {
  compileSchema,
  EmptyBodySchema,
  Failure,
  RetryRunBodySchema,
  RunsBodySchema,
  StopRunBodySchema,
  StopRunsBodySchema,
  type Check,
  type ControlledRuns,
  type RunStatus,
  type RunView,
} from '@nightshift/contracts';
import type { ControlTarget, Ledger, UnchangedRun } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters, type Parameters } from '../workflows/startable-workflow.ts';
import type { AnnounceControl } from './announce-control.ts';
import type { DispatchRuns } from './dispatch-runs.ts';
import { makeGetRun } from './get-run.ts';
import { readTarget } from './read-target.ts';

export interface ControlRunsDeps {
  ledger: Pick<Ledger, 'control' | 'flows' | 'runs'>;
  published: Pick<PublishedWorkflows, 'loadVersion'>;
  announceControl: AnnounceControl;
  dispatchRuns: DispatchRuns;
}

export type ControlAction = 'cancel' | 'pause' | 'resume' | 'retry';

/** What else an action is told. */
interface ControlOptions {
  reason?: string;
  parameters?: Parameters;
}

const REPORTED_MAX = 100;

const checkStop = compileSchema(StopRunBodySchema);
const checkOne: Readonly<Record<ControlAction, Check<ControlOptions>>> = {
  cancel: checkStop,
  pause: checkStop,
  resume: compileSchema(EmptyBodySchema),
  retry: compileSchema(RetryRunBodySchema),
};
const checkStopMany = compileSchema(StopRunsBodySchema);
const checkMany = compileSchema(RunsBodySchema);

/** The status that an action leads to: who asks for it again has what he wants. */
const aim: Readonly<Partial<Record<ControlAction, RunStatus>>> = { cancel: 'cancelled', pause: 'paused' };

const refusalOf = ({ runId, status, reason }: UnchangedRun): Failure => {
  if (status === null) return new Failure(reason, { detail: `There is no run ${runId}` });
  const detail = reason === 'ledger.unavailable' ? 'moves too quickly to be changed; try again' : `is ${status}`;
  return new Failure(reason, { detail: `Run ${runId} ${detail}` });
};

/** Stops runs, lets them go on, and tells whoever has to do with them. */
export const makeControlRuns = ({ ledger, published, announceControl, dispatchRuns }: ControlRunsDeps) => {
  const getRun = makeGetRun({ ledger });

  const control = async (
    action: ControlAction,
    target: ControlTarget,
    options: ControlOptions,
  ): Promise<{ changed: number; unchanged: UnchangedRun[] }> => {
    let changed = 0;
    const { unchanged, wokenRunIds } = await ledger.control[action](target, {
      ...options,
      onChanged: (runs) => {
        changed += runs.length;
        announceControl(runs);
      },
    });
    dispatchRuns.ready(wokenRunIds);
    return { changed, unchanged };
  };

  /** Corrected parameters fit the version that the run is executed with, and get its defaults. */
  const checkCorrected = async (runId: string, parameters: Parameters): Promise<Parameters> => {
    const { workflow, workflowVersion } = await getRun(runId);
    return checkParameters(await published.loadVersion(workflow, workflowVersion), parameters, '/parameters');
  };

  return {
    /**
     * Controls one run and answers with it as it is now. One that is cancelled or paused already stays so.
     * @throws Failure `run.not_found`, `run.ended`, `run.not_paused`, `run.not_failed`, `run.compensated`, `request.invalid`,
     * `parameters.invalid`, `ledger.unavailable`
     */
    one: async (action: ControlAction, runId: string, body: unknown): Promise<RunView> => {
      const options = checked(checkOne[action], body ?? {});
      if (options.parameters !== undefined) options.parameters = await checkCorrected(runId, options.parameters);
      const { unchanged } = await control(action, { runIds: [runId] }, options);
      const [refused] = unchanged;
      if (refused !== undefined && (refused.status === null || refused.status !== aim[action]))
        throw refusalOf(refused);
      return getRun(runId);
    },

    /**
     * Controls all runs that are named or found, each as if it were asked for alone.
     * @throws Failure `request.invalid`, `ledger.unavailable`: what was done by then stays done
     */
    many: async (action: ControlAction, body: unknown): Promise<ControlledRuns> => {
      const isStop = action === 'cancel' || action === 'pause';
      const { ids, where, ...options } = checked(isStop ? checkStopMany : checkMany, body ?? {});
      const { changed, unchanged } = await control(action, readTarget({ ids, where }), options);
      return {
        changed,
        unchanged: unchanged.slice(0, REPORTED_MAX).map(({ reason: code, ...run }) => ({ ...run, code })),
      };
    },
  };
};

export type ControlRuns = ReturnType<typeof makeControlRuns>;
