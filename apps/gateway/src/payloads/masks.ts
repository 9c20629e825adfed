import { each, masked, only, orNull, problem, type Mask } from './mask.ts';

const page = (mask: Mask): Mask => only(['nextCursor', 'count', 'countIsExact'], { items: each(mask) });

const lateness = ['late', 'lateMs'];

const waiting = only(['for', 'until', 'ahead', 'step', 'runId']);

const run = masked(
  [
    ...lateness,
    ...['id', 'workflow', 'workflowVersion', 'status', 'cause', 'parentRunId', 'chainId', 'iteration', 'depth'],
    ...['listId', 'dueAt', 'requestedAt', 'requestedBy', 'user', 'ignoresPrivacy', 'startedAt', 'finishedAt', 'heldBy'],
    'replayOf',
  ],
  { progress: only(['done', 'total']), waitingFor: each(waiting), problem },
);

const startedRun = masked(['runId', 'status'], { problem });

/** Where in the run it happened, how it went, and what it has to do with which other run. */
const runEvent = masked(['runId', 'version', 'type', 'at'], {
  data: only(
    [
      ...[
        'workflow',
        'workflowVersion',
        'cause',
        'chainId',
        'iteration',
        'depth',
        'parentRunId',
        'dueAt',
        'requestedBy',
      ],
      ...['listId', 'version', 'replayOf', 'waitedMs', 'ignoresPrivacy', 'ignorePrivacy', 'step', 'attempt', 'branch'],
      ...['handledBy', 'retryAt', 'index', 'until', 'calledRunId', 'level', 'done', 'total', 'lateMs', 'by', 'guard'],
    ],
    { problem },
  ),
});

const schedule = masked([
  ...lateness,
  ...['scheduleId', 'runId', 'workflow', 'status', 'workflowVersion', 'version', 'key', 'dueAt', 'requestedAt'],
  ...['requestedBy', 'startedAt', 'finishedAt', 'chainId', 'parentRunId', 'listId'],
]);

const list = masked(
  [
    ...['id', 'workflow', 'status', 'total', 'done', 'handedOut', 'inFlight', 'succeeded', 'failed', 'skipped'],
    ...['cancelled', 'dropped', 'retrying', 'requestedAt', 'finishedAt', 'progressAt'],
  ],
  {
    settings: only([
      ...['as', 'startAt', 'order', 'key', 'concurrency', 'onComplete', 'onItemFailed', 'onProgress', 'interval'],
      ...['gap', 'rate', 'failurePolicy'],
    ]),
  },
);
const listItem = masked(['index', 'status', 'runId', 'attempts'], { error: orNull(problem) });

const recurrence = masked([
  ...['workflow', 'key', 'paused', 'workflowVersion', 'next', 'every', 'calendar', 'cron', 'timeZone', 'startAt'],
  ...['endAt', 'exclude', 'jitter', 'misfire', 'overlap', 'version'],
]);

/** Keys of flows are made of parameters. */
const hold = masked(['scope', 'workflow', 'chainId', 'since']);
const flow = masked(['workflow', 'flow', 'updatedAt', 'waiting', 'underWay'], { holds: each(hold) });

const evaluation = masked(
  [
    ...['changeId', 'committedAt', 'evaluatedAt', 'workflowVersion', 'trigger', 'outcome', 'runId', 'thingId'],
    ...['type', 'kind', 'changedFields', 'origin', 'condition'],
  ],
  { error: problem },
);
const evaluations = only(['recording', 'nextCursor'], { items: each(evaluation) });

/** A progress document: `message` is what the workflow says. */
export const progress = masked([
  ...['id', 'kind', 'status', 'total', 'done', 'succeeded', 'failed', 'skipped', 'cancelled', 'inFlight', 'retrying'],
  ...[
    'percent',
    'iteration',
    'ratePerSecond',
    'eta',
    'stalled',
    'startedAt',
    'updatedAt',
    'lastProgressAt',
    'children',
  ],
]);

const chain = masked([
  ...[
    'id',
    'workflow',
    'status',
    'iteration',
    'depth',
    'requestedAt',
    'startedAt',
    'finishedAt',
    'lastRunId',
    'heldBy',
  ],
]);

const importView = masked(
  [
    ...['id', 'kind', 'type', 'format', 'status', 'dryRun', 'onError', 'key', 'total', 'done', 'succeeded', 'failed'],
    ...['startedAt', 'updatedAt', 'finishedAt'],
  ],
  { problem },
);

const deadLetter = masked(['id', 'stream', 'consumer', 'deliveries', 'at', 'subject'], { reason: problem });
const redriven = masked(['redriven'], { unchanged: each(only(['id', 'code'])) });

const check = masked(['checked', 'agree', 'openRuns'], {
  differ: each(only(['runId', 'status', 'version', 'event', 'step'])),
});

const all = (mask: Mask, ...operations: string[]): Record<string, Mask> =>
  Object.fromEntries(operations.map((operation) => [operation, mask]));

/** How the answers of the operations are masked whose rule says so. */
export const masks: Readonly<Record<string, Mask>> = {
  ...all(check, 'workflows.check'),
  ...all(startedRun, 'runs.start'),
  ...all(run, 'runs.get', 'runs.cancel', 'runs.pause', 'runs.resume', 'runs.retry', 'runs.replay'),
  ...all(page(run), 'runs.search'),
  ...all(page(runEvent), 'runs.events'),
  ...all(schedule, 'schedules.get', 'schedules.move', 'schedules.cancel'),
  ...all(page(schedule), 'schedules.search'),
  ...all(list, 'lists.get', 'lists.change', 'lists.pause', 'lists.resume', 'lists.cancel', 'lists.retryFailed'),
  ...all(page(list), 'lists.search'),
  ...all(page(listItem), 'lists.items'),
  ...all(listItem, 'lists.retryItem', 'lists.skipItem'),
  ...all(recurrence, 'recurrences.put', 'recurrences.get', 'recurrences.pause', 'recurrences.resume'),
  ...all(page(recurrence), 'recurrences.search'),
  ...all(flow, 'flows.get', 'flows.set', 'flows.pause', 'flows.resume'),
  ...all(page(hold), 'flows.holds', 'flows.pauseAll', 'flows.resumeAll'),
  ...all(evaluations, 'evaluations.list'),
  ...all(progress, 'progress.get'),
  ...all(chain, 'chains.get', 'chains.cancel', 'chains.pause', 'chains.resume'),
  ...all(page(chain), 'chains.search'),
  ...all(importView, 'imports.get'),
  ...all(page(importView), 'imports.search'),
  ...all(deadLetter, 'deadLetters.get', 'deadLetters.redrive'),
  ...all(page(deadLetter), 'deadLetters.list'),
  ...all(redriven, 'deadLetters.redriveMany'),
};

/** Masked by themselves, for they are streams that never pass by here as a whole. */
export const maskedStreams: readonly string[] = ['events.follow'];
