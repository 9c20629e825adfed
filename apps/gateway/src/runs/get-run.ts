import { Failure, type RunEvent, type RunView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { explainWait } from './explain-wait.ts';

type Deps = { ledger: Pick<Ledger, 'runs' | 'flows'> };

const notFound = (runId: string): Failure => new Failure('run.not_found', { detail: `There is no run ${runId}` });

/** What the run was requested with, unless it was rescheduled or retried with something else. */
const parametersOf = (events: readonly RunEvent[]): RunView['parameters'] => {
  for (const { type, data } of events.toReversed()) {
    const isTold = type === 'RunRetried' || type === 'RunRescheduled' || type === 'RunRequested';
    if (isTold && data.parameters !== undefined) return data.parameters;
  }
  return undefined;
};

/** As whom it acts, which a later schedule under the same key may have changed, and whether it heeds his privacy rules. */
const actingOf = (events: readonly RunEvent[]): Pick<RunView, 'requestedBy' | 'user' | 'ignoresPrivacy'> => {
  let acting: Pick<RunView, 'requestedBy' | 'user' | 'ignoresPrivacy'> = {};
  for (const { type, data } of events) {
    if (type === 'RunRescheduled' && data.requestedBy !== undefined) {
      const { requestedBy } = data;
      acting = { requestedBy, ...(requestedBy.user !== undefined && { user: requestedBy.user }) };
    } else if (type === 'RunStarted' && data.ignoresPrivacy === true) acting = { ...acting, ignoresPrivacy: true };
  }
  return acting;
};

/** A run, with its parameters and with why it does not move. @throws Failure `run.not_found` */
export const makeGetRun =
  ({ ledger }: Deps) =>
  async (runId: string): Promise<RunView> => {
    const [run, events] = await Promise.all([ledger.runs.find(runId), ledger.runs.events(runId)]);
    if (run === undefined) throw notFound(runId);
    const place = run.status === 'queued' ? await ledger.flows.placeOf(runId) : undefined;
    const waitingFor = explainWait(run, events, place);
    return {
      ...run,
      ...actingOf(events),
      parameters: parametersOf(events),
      ...(waitingFor.length > 0 && { waitingFor }),
    };
  };

/** A run's history, oldest first. @throws Failure `run.not_found` */
export const makeGetRunEvents =
  ({ ledger }: { ledger: Pick<Ledger, 'runs'> }) =>
  async (runId: string, afterVersion: number): Promise<RunEvent[]> => {
    const events = await ledger.runs.events(runId, afterVersion);
    if (events.length === 0 && (await ledger.runs.find(runId)) === undefined) throw notFound(runId);
    return events;
  };
