import { formatDuration } from '../output/relative-time.ts';
import type { Session } from '../session.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** A start at idle is late by milliseconds. Much later, nobody is at work on it. */
const LATE_MS = 30_000;

/** Whether schedules start when they are due: the scheduler is at work. */
export const lookAtSchedules = async ({ client }: Session): Promise<Finding> => {
  const { items } = await client.schedules.list({ limit: 1 });
  const [first] = items;
  if (first === undefined) return ok('schedules', 'none waits');
  const lateMs = Date.now() - Date.parse(first.dueAt);
  if (lateMs < LATE_MS || first.status !== 'scheduled') {
    return ok('schedules', `the next is due ${lateMs < 0 ? `in ${formatDuration(-lateMs)}` : 'now'}`);
  }
  const advice = `Is a scheduler running? Look at its log and its /readyz; nightshift runs get ${first.runId} says what it waits for.`;
  return fail('schedules', `${first.workflow} ${first.scheduleId} has been due for ${formatDuration(lateMs)}`, advice);
};

/** Whether what is ready is taken: executors are at work. */
export const lookAtQueue = async ({ client }: Session): Promise<Finding> => {
  const { items } = await client.runs.search({ status: 'queued', limit: 100 });
  const oldest = items.at(-1);
  if (oldest === undefined) return ok('queue', 'no run waits to be started');
  const waitedMs = Date.now() - Date.parse(oldest.dueAt ?? oldest.requestedAt);
  const text = `${items.length}${items.length === 100 ? ' or more' : ''} runs wait to be started`;
  if (waitedMs < LATE_MS) return ok('queue', text);
  const { waitingFor = [] } = await client.runs.get(oldest.id);
  const reasons = waitingFor.map(({ detail }) => detail).join('; ');
  const isHeld = waitingFor.some((reason) => reason.for !== 'executor' && reason.for !== 'admission');
  const detail = `${text}; ${oldest.workflow} ${oldest.id} for ${formatDuration(waitedMs)}${reasons === '' ? '' : `: ${reasons}`}`;
  if (isHeld)
    return warn('queue', detail, 'It waits for what is named. nightshift api GET /v1/holds says what is held.');
  return fail('queue', detail, 'Is an executor running, and NATS? Look at their logs; more executors take more runs.');
};

/** Whether something was held by hand and forgotten. */
export const lookAtHolds = async ({ client }: Session): Promise<Finding> => {
  const holds = await client.flows.holds();
  if (holds.length === 0) return ok('holds', 'nothing is held');
  const everything = holds.find(({ scope }) => scope === 'everything');
  if (everything !== undefined) {
    return fail(
      'holds',
      `no run of anything starts since ${everything.since}`,
      'nightshift api POST /v1/resume lets them start.',
    );
  }
  const names = holds.map(
    ({ workflow, chainId, key }) => `${workflow ?? chainId}${key === undefined ? '' : ` (${key})`}`,
  );
  return warn(
    'holds',
    `held: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`,
    'nightshift api GET /v1/holds says since when and why.',
  );
};

export const lookAtDeadLetters = async ({ client }: Session): Promise<Finding> => {
  const { items, nextCursor } = await client.deadLetters.list({ limit: 100 });
  if (items.length === 0) return ok('dead letters', 'none');
  const count = `${items.length}${nextCursor === null ? '' : ' or more'}`;
  const advice = 'nightshift dead-letters list says why; repair the cause, then nightshift dead-letters redrive --all.';
  return warn('dead letters', `${count} messages could not be handled`, advice);
};
