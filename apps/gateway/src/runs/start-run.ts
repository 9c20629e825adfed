import type { Cause, EndpointAnswer, RunOutcome, RunRequested, RunStatus } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { requestedBy, type Asked } from '../door/asked.ts';
import type { Parameters, StartableWorkflow } from '../workflows/startable-workflow.ts';
import type { DispatchRuns } from './dispatch-runs.ts';
import { toldByLedger } from './outcome-of.ts';
import type { WaitingCallers } from './waiting-callers.ts';

export interface StartRunDeps {
  ledger: Pick<Ledger, 'runs'>;
  dispatchRuns: DispatchRuns;
  callers: WaitingCallers;
}

export interface StartRun {
  workflow: StartableWorkflow;
  /** Checked, with defaults. */
  parameters: Parameters;
  cause: Cause;
  /** How long the caller waits for the end; undefined: not at all. */
  waitMs: number | undefined;
  /** Whether an answer that the run gives before its end is enough. */
  takesAnswer?: boolean;
  asked: Asked;
}

/** `outcome` is there if the caller waited and the run ended meanwhile, `answer` if it answered before; `status` if he waited in vain. */
export interface Started {
  runId: string;
  status?: RunStatus;
  outcome?: RunOutcome;
  answer?: EndpointAnswer;
}

/**
 * Admits a run, hands it to an executor, and waits for its end if the caller does. Once this has resolved, or the caller has lost his
 * patience, the run is durable. The dispatch is not waited for: the reconciler sends another if it gets lost.
 * @throws Failure `ledger.unavailable`
 */
export const makeStartRun =
  ({ ledger, dispatchRuns, callers }: StartRunDeps) =>
  async ({ workflow, parameters, cause, waitMs, takesAnswer = false, asked }: StartRun): Promise<Started> => {
    const runId = asked.newId();
    const at = new Date(asked.atMs).toISOString();
    const requested: RunRequested = {
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters,
      cause,
      chainId: runId,
      iteration: 1,
      depth: 0,
      ...requestedBy(asked),
    };
    if (waitMs !== undefined) requested.waiter = callers.gatewayId;
    const { isNew, isGated } = await ledger.runs.request({ runId, at, requested });
    const outcome = waitMs === undefined ? undefined : callers.wait(runId, waitMs, takesAnswer ? 'answer' : 'end');
    if (isGated) dispatchRuns.queued([workflow.name]);
    else if (isNew) {
      const dispatch = { runId, version: 1, requested: { at, data: requested } };
      if (waitMs === undefined) dispatchRuns.started(dispatch, workflow.name);
      else dispatchRuns.moved([dispatch]);
    } else {
      // One that was there already was requested under the same idempotency key, perhaps long ago: it may have ended, and names another gateway.
      dispatchRuns.ready([runId]);
      if (outcome !== undefined) callers.watch(runId, () => toldByLedger(ledger, runId, takesAnswer));
    }
    if (outcome === undefined) return { runId };

    const told = (await outcome) ?? (await toldByLedger(ledger, runId, takesAnswer));
    if (told !== undefined) return 'answer' in told ? { runId, answer: told.answer } : { runId, outcome: told };
    const run = await ledger.runs.find(runId);
    return { runId, ...(run && { status: run.status }) };
  };
