import type { Problem, RunEventType } from '@nightshift/contracts';
import { oneLine } from './table.ts';

/** Long enough to recognise a value, short enough for a line. */
const SHORT = 100;

export const shortJson = (value: unknown, most = SHORT): string => {
  const text = oneLine(typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? ''));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
};

type Told = Record<string, unknown> & { problem?: Problem; step?: string; iteration?: string };

const problemIn = ({ problem }: Told): string =>
  problem === undefined ? '' : `${problem.code}: ${problem.detail ?? problem.title}`;

const waitsFor = ({ until, calledRunId, event, lock }: Told): string => {
  if (calledRunId !== undefined) return `for run ${String(calledRunId)}`;
  if (event !== undefined) return `for the event ${shortJson(event)}`;
  if (lock !== undefined) return `for the lock ${String(lock)}`;
  return until === undefined ? '' : `until ${String(until)}`;
};

const details: { [Type in RunEventType]?: (told: Told) => string } = {
  RunRequested: ({ cause, dueAt }) =>
    `by ${(cause as { kind: string }).kind}${dueAt === undefined ? '' : `, due at ${String(dueAt)}`}`,
  RunAdmitted: ({ waitedMs }) => `after ${String(waitedMs)} ms`,
  StepStarted: ({ attempt, branch }) =>
    [Number(attempt) > 1 ? `attempt ${String(attempt)}` : '', branch === undefined ? '' : `case ${String(branch)}`]
      .filter((part) => part !== '')
      .join(', '),
  StepSkipped: ({ reason }) => String(reason),
  StepFailed: (told) => problemIn(told),
  StepRetried: (told) => `${problemIn(told)}; again at ${String(told['retryAt'])}`,
  IterationStarted: ({ index }) => `round ${String(index)}`,
  IterationCompleted: ({ index }) => `round ${String(index)}`,
  BranchCompleted: ({ branch }) => String(branch),
  CompensationFailed: problemIn,
  WaitStarted: waitsFor,
  LogWritten: ({ level, message }) => `[${String(level)}] ${String(message)}`,
  ProgressReported: ({ done, total, message }) =>
    [done === undefined ? '' : `${String(done)} of ${String(total ?? '?')}`, message ?? ''].join(' ').trim(),
  TimerFired: ({ lateMs }) => `${String(lateMs)} ms late`,
  RunPaused: ({ guard, reason }) => (guard === undefined ? String(reason ?? '') : `by the guard ${shortJson(guard)}`),
  RunCancelled: ({ reason }) => String(reason ?? ''),
  RunFailed: problemIn,
};

/** What an event carries that is worth its own lines, of those that have it: what went in, and what came out. */
const payloads: { [Type in RunEventType]?: string[] } = {
  RunRequested: ['parameters', 'item', 'trigger', 'batch'],
  StepCompleted: ['result'],
  IterationCompleted: ['result'],
  BranchCompleted: ['result'],
  EventReceived: ['event'],
  LogWritten: ['data'],
  RunSucceeded: ['result'],
};

export interface DescribedEvent {
  type: RunEventType;
  step: string;
  detail: string;
  /** By name. */
  payload: Record<string, unknown>;
}

/** An event in words: of any type, also of one that is newer than this program. */
export const describeEvent = ({ type, data }: { type: RunEventType; data?: unknown }): DescribedEvent => {
  const told = (data ?? {}) as Told;
  const step =
    told.step === undefined ? '' : `${told.step}${told.iteration === undefined ? '' : ` (${told.iteration})`}`;
  const detail = data === undefined ? 'too large for a message' : (details[type]?.(told) ?? '');
  const payload = Object.fromEntries(
    (payloads[type] ?? []).flatMap((name) => (told[name] === undefined ? [] : [[name, told[name]]])),
  );
  return { type, step, detail: oneLine(detail), payload };
};
