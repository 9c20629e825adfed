import type { RunEventData, RunEventType, RunFeedEvent } from '@nightshift/contracts';

/** One line for an event: what it is, and the part of its data that matters. */
export const describeEvent = ({ type, data }: RunFeedEvent): string => {
  const detail = data === undefined ? 'too large for a message' : details[type](data as never);
  return detail === '' ? type : `${type.padEnd(13)}  ${detail}`;
};

/** What every thing has says little about this one. */
const withoutBuiltIns = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('createdAt' in value)) return value;
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...fields } = value as Record<string, unknown>;
  return fields;
};

/** Long enough to recognise a value, short enough for a line. */
const MOST_CHARACTERS = 90;

export const shortJson = (value: unknown): string => {
  const text = JSON.stringify(value) ?? '';
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
};

const time = (moment: string): string => moment.slice(11, 23);

type Details = { [Type in RunEventType]: (data: RunEventData<Type>) => string };

const details: Details = {
  RunRequested: ({ cause, dueAt }) => `by ${cause.kind}${dueAt === undefined ? '' : `, due at ${time(dueAt)}`}`,
  RunStarted: () => '',
  StepStarted: ({ step, attempt }) => `${step}, attempt ${attempt}`,
  StepCompleted: ({ step, result }) =>
    result === undefined ? step : `${step} = ${shortJson(withoutBuiltIns(result))}`,
  StepSkipped: ({ step, reason }) => `${step}: ${reason}`,
  StepFailed: ({ step, problem }) => `${step}: ${problem.detail ?? problem.title}`,
  StepRetried: ({ step, problem, retryAt }) => `${step}: ${problem.detail ?? problem.title}; again at ${time(retryAt)}`,
  WaitStarted: ({ step, until, calledRunId }) =>
    until === undefined ? `${step}, for the run ${calledRunId}` : `${step}, until ${time(until)}`,
  TimerFired: ({ lateMs }) => `${lateMs} ms late`,
  RunPaused: ({ reason }) => reason ?? '',
  RunResumed: () => '',
  RunSucceeded: ({ result }) => shortJson(result),
  RunFailed: ({ problem }) => `${problem.code}: ${problem.detail ?? problem.title}`,
  RunCancelled: ({ reason }) => reason ?? '',
};
