import {
  compileSchema,
  ScheduleBodySchema,
  signals,
  type RunRequested,
  type ScheduleBody,
  type Scheduled,
} from '@nightshift/contracts';
import type { Ledger, RequestedRun } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { requestedBy, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters } from '../workflows/startable-workflow.ts';
import { readDueMs } from './read-due.ts';

export interface ScheduleRunDeps {
  ledger: Pick<Ledger, 'runs' | 'schedules'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
  dispatchRuns: DispatchRuns;
}

/** The scheduler reads ahead by itself what is due later than this. */
export const SIGNAL_AHEAD_MS = 5_000;

const checkBody = compileSchema(ScheduleBodySchema);

/**
 * Schedules one run. A moment that has passed means now, and the answer says how late that is. The id is good for reading, moving and
 * cancelling from then on. Under a key, a schedule of this workflow that waits is changed instead, and keeps its id.
 * @throws Failure `request.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`, `ledger.unavailable`
 */
export const makeScheduleRun = ({ ledger, bus, published, dispatchRuns }: ScheduleRunDeps) => {
  const requestOf = async (name: string, body: ScheduleBody, asked: Asked): Promise<RequestedRun> => {
    const dueAt = new Date(readDueMs(body, asked.atMs)).toISOString();
    const workflow = published.get(name) ?? (await published.load(name));
    const runId = asked.newId();
    const requested: RunRequested = {
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters: checkParameters(workflow, body.parameters ?? {}, '/parameters'),
      cause: { kind: 'schedule', dueAt },
      chainId: runId,
      iteration: 1,
      depth: 0,
      dueAt,
      ...(body.key !== undefined && { key: body.key }),
      ...(body.version === 'latest' && { version: body.version }),
      ...requestedBy(asked),
    };
    return { runId, at: new Date(asked.atMs).toISOString(), requested };
  };

  const announceDue = (dueAt: string): void => {
    if (Date.parse(dueAt) - Date.now() <= SIGNAL_AHEAD_MS) bus.send(signals.timers, { dueAt });
  };

  return async (name: string, input: unknown, asked: Asked): Promise<Scheduled> => {
    const body = checked(checkBody, input ?? {});
    const run = await requestOf(name, body, asked);
    const dueAt = run.requested.dueAt!;
    const lateMs = asked.atMs - Date.parse(dueAt);
    const lateness = lateMs > 0 && { late: true, lateMs };
    if (body.key === undefined) {
      const { isGated } = await ledger.runs.request(run);
      const { at, requested: data } = run;
      // Of a request that is repeated it may not be true any more that nothing else has happened.
      const dispatch = asked.effectKey === undefined && { requested: { at, data } };
      if (isGated) dispatchRuns.queued([name]);
      else if (lateMs >= 0) dispatchRuns.moved([{ runId: run.runId, version: 1, ...dispatch }]);
      else announceDue(dueAt);
      return { scheduleId: run.runId, runId: run.runId, dueAt, ...lateness };
    }
    const put = await ledger.schedules.put(run);
    const { runId, outcome, version, isReady } = put;
    // Also of a run that goes on waiting: its events are for the feed.
    if (isReady || outcome === 'replaced') dispatchRuns.moved([{ runId, version }]);
    if (!isReady) announceDue(put.dueAt);
    const replaced = outcome === 'replaced';
    return { scheduleId: runId, runId, dueAt: put.dueAt, key: body.key, replaced, ...lateness };
  };
};
