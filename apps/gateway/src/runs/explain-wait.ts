import { durationMs, type RunEvent, type RunView, type WaitingReason } from '@nightshift/contracts';
import type { QueuePlace } from '@nightshift/ledger';

/** Why a run does not move, from its row, its history and its place in a queue if it has one. Empty for one that moves or has ended. */
export const explainWait = (
  run: RunView,
  events: readonly RunEvent[],
  place: QueuePlace | undefined,
): WaitingReason[] => {
  switch (run.status) {
    case 'scheduled':
      return [{ for: 'due', detail: `It is due at ${run.dueAt!}`, until: run.dueAt! }];
    case 'paused':
      return [whyPaused(events)];
    case 'queued':
      return place
        ? whyQueued(place)
        : [{ for: 'executor', detail: 'It is ready, and waits for an executor to take it up' }];
    case 'waiting':
      return whatFor(events);
    default:
      return [];
  }
};

const whyPaused = (events: readonly RunEvent[]): WaitingReason => {
  const paused = events.findLast((event) => event.type === 'RunPaused')?.data;
  if (paused?.guard) {
    const { name, limit, value } = paused.guard;
    return { for: 'guard', detail: `Its workflow's guard "${name}" allows ${limit}, and this would be ${value}` };
  }
  return { for: 'paused', detail: paused?.reason === undefined ? 'It was paused' : `It was paused: ${paused.reason}` };
};

const runs = (count: number): string => (count === 1 ? '1 run' : `${count} runs`);

const whyQueued = (place: QueuePlace): WaitingReason[] => {
  const { workflow, flow, key, holds, underWay, ahead, dueAt, batchId } = place;
  const named = key === null || key === '' ? {} : { key };
  const ofKey = named.key === undefined ? '' : ` of the key "${named.key}"`;
  if (batchId !== null) {
    return [{ for: 'batch', detail: `It was gathered into run ${batchId} and ends with that`, runId: batchId }];
  }
  if (holds.length > 0) {
    return holds.map(({ scope, reason }) => ({
      for: 'hold',
      detail: `${held[scope]} is paused${reason === undefined ? '' : `: ${reason}`}`,
      ...named,
    }));
  }
  const { concurrency = {}, rate, debounce, batch } = flow ?? {};
  const reasons: WaitingReason[] = [];
  const until = dueAt !== null && dueAt.getTime() > Date.now() ? { until: dueAt.toISOString() } : {};
  if (concurrency.perKey !== undefined && underWay.key >= concurrency.perKey)
    reasons.push({
      for: 'concurrency',
      detail: `${runs(underWay.key)}${ofKey} are under way, which is as many as "${workflow}" allows of a key; ${ahead} are ahead`,
      ahead,
      ...named,
    });
  if (concurrency.limit !== undefined && underWay.workflow >= concurrency.limit)
    reasons.push({
      for: 'concurrency',
      detail: `${runs(underWay.workflow)} of "${workflow}" are under way, which is as many as it allows`,
      ahead,
      ...named,
    });
  if (reasons.length > 0) return reasons;
  if (debounce) return [{ for: 'debounce', detail: `A later start${ofKey} may take its place`, ...until, ...named }];
  if (batch)
    return [{ for: 'batch', detail: `It waits for others${ofKey} to start together with`, ...until, ...named }];
  if (rate) {
    const { limit, perKey, per } = rate;
    const allowed = [limit, perKey && `${perKey} of a key`].filter((part) => part !== undefined).join(', ');
    const detail = `"${workflow}" may start ${allowed} within ${durationMs(per) / 1000} s; ${ahead} are ahead`;
    return [{ for: 'rate', detail, ahead, ...until, ...named }];
  }
  return [{ for: 'admission', detail: `It is about to be admitted; ${ahead} are ahead`, ahead, ...named }];
};

const held = { everything: 'Everything', workflow: 'Its workflow', key: 'Its key', chain: 'Its chain' } as const;

/** The steps that wait, each as its last event left it. */
const whatFor = (events: readonly RunEvent[]): WaitingReason[] => {
  const waits = new Map<string, WaitingReason>();
  for (const event of events) {
    if (event.type === 'WaitStarted') waits.set(event.data.step, whyWaits(event));
    else if (event.type === 'StepRetried') {
      const { step, retryAt, problem } = event.data;
      const detail = `"${step}" failed (${problem.title}) and is tried again at ${retryAt}`;
      waits.set(step, { for: 'retry', detail, until: retryAt, step });
    } else if ('step' in event.data && typeof event.data.step === 'string') waits.delete(event.data.step);
  }
  return [...waits.values()];
};

const whyWaits = ({ data }: RunEvent & { type: 'WaitStarted' }): WaitingReason => {
  const { step, until, calledRunId, event, lock } = data;
  if (lock !== undefined) return { for: 'lock', detail: `"${step}" waits for the lock "${lock}"`, step, key: lock };
  if (calledRunId !== undefined)
    return { for: 'run', detail: `"${step}" waits for the end of run ${calledRunId}`, step, runId: calledRunId };
  if (event !== undefined) {
    const detail = `"${step}" waits for an event ${event.type} with the key "${event.key}"`;
    return { for: 'event', detail, step, key: event.key };
  }
  return { for: 'time', detail: `"${step}" waits until ${until!}`, until: until!, step };
};
