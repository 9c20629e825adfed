import type { RunEventData, RunEventType, RunFeedEvent } from '@nightshift/contracts';

/** One line for an event: what it is, and the part of its data that matters. */
export const describeEvent = ({ type, data }: RunFeedEvent): string => {
  const detail = data === undefined ? 'too large for a message' : details[type](data as never);
  return detail === '' ? type : `${type.padEnd(13)}  ${detail}`;
};

/** What every thing has says little about this one. */
const withoutBuiltIns = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('createdAt' in value)) return value;
  const {
    id: _id,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    createdBy: _createdBy,
    ...fields
  } = value as Record<string, unknown>;
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
  AdmissionAwaited: () => '',
  RunAdmitted: ({ waitedMs }) => `after ${waitedMs} ms`,
  RunStarted: () => '',
  StepStarted: ({ step, attempt }) => `${step}, attempt ${attempt}`,
  StepCompleted: ({ step, result }) =>
    result === undefined ? step : `${step} = ${shortJson(withoutBuiltIns(result))}`,
  StepSkipped: ({ step, reason }) => `${step}: ${reason}`,
  StepFailed: ({ step, problem }) => `${step}: ${problem.detail ?? problem.title}`,
  StepRetried: ({ step, problem, retryAt }) => `${step}: ${problem.detail ?? problem.title}; again at ${time(retryAt)}`,
  IterationStarted: ({ step, index }) => `${step}, round ${index}`,
  IterationCompleted: ({ step, index, result }) => `${step}, round ${index} = ${shortJson(result)}`,
  BranchCompleted: ({ step, branch }) => `${step}, ${branch}`,
  StepCompensated: ({ step }) => step,
  CompensationFailed: ({ step, problem }) => `${step}: ${problem.detail ?? problem.title}`,
  WaitStarted: ({ step, ...awaited }) => `${step}, ${describeWait(awaited)}`,
  EventReceived: ({ step, event }) => `${step} = ${shortJson(event)}`,
  AnswerGiven: ({ answer }) => `answered with ${answer.status}`,
  LogWritten: ({ level, message }) => `${level}: ${message}`,
  ProgressReported: ({ done, total, message }) => [done, total && `of ${total}`, message].filter(Boolean).join(' '),
  TimerFired: ({ lateMs }) => `${lateMs} ms late`,
  RunPaused: ({ reason }) => reason ?? '',
  RunResumed: () => '',
  RunRescheduled: ({ dueAt }) => (dueAt === undefined ? '' : `to ${time(dueAt)}`),
  RunRetried: () => '',
  RunSucceeded: ({ result }) => shortJson(result),
  RunFailed: ({ problem }) => `${problem.code}: ${problem.detail ?? problem.title}`,
  RunCancelled: ({ reason }) => reason ?? '',
};

const describeWait = ({ until, calledRunId, event, lock }: Omit<RunEventData<'WaitStarted'>, 'step'>): string => {
  if (calledRunId !== undefined) return `for the run ${calledRunId}`;
  if (event) return `for ${event.type} of ${event.key}`;
  return `${lock === undefined ? '' : `for the lock ${lock}, `}until ${time(until ?? '')}`;
};
