import { isFinal, type Problem, type RunFeedEvent, type RunStatus, type RunView } from '@nightshift/contracts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeEvent, shortJson } from '../output/describe-event.ts';
import type { Screen } from '../output/screen.ts';
import type { Session } from '../session.ts';

/** What a run's end is for whoever waited for it. */
export const exitCodeOf = (status: RunStatus): ExitCode =>
  status === 'failed' ? exitCodes.finding : status === 'cancelled' ? exitCodes.cancelled : exitCodes.done;

const marks: Record<string, 'green' | 'red' | 'yellow' | 'dim'> = {
  RunSucceeded: 'green',
  RunFailed: 'red',
  RunCancelled: 'yellow',
  StepFailed: 'red',
  StepRetried: 'yellow',
  StepSkipped: 'dim',
};

/** One event as a line, with what went in and came out below it if that is asked for. */
export const showEvent = (
  screen: Screen,
  event: Pick<RunFeedEvent, 'type' | 'data'>,
  { when, isVerbose }: { when: string; isVerbose: boolean },
): void => {
  const { type, step, detail, payload } = describeEvent(event);
  const mark = marks[type];
  const name = type.padEnd(18);
  const parts = [mark === undefined ? name : screen.style(mark, name), step, detail].filter((part) => part !== '');
  screen.line(`${when}  ${parts.join('  ')}`.trimEnd());
  if (!isVerbose) return;
  for (const [key, value] of Object.entries(payload)) {
    screen.line(`${' '.repeat(when.length + 4)}${key}: ${shortJson(value, 10_000)}`);
  }
};

/** Seconds since the first event of those that it was asked for. */
export const sinceFirst = (): ((at: string) => string) => {
  let firstMs: number | undefined;
  return (at) => {
    const ms = Date.parse(at);
    firstMs ??= ms;
    return `${((ms - firstMs) / 1000).toFixed(3).padStart(9)} s`;
  };
};

export interface FollowRunOptions {
  /** Shows what happens; otherwise only the end is told. */
  isShown: boolean;
  isVerbose?: boolean;
}

/** Waits for the end of a run, over however many connections it takes, and tells it. Ctrl-C leaves the run running. */
export const followRun = async (
  { client, screen, signal }: Session,
  runId: string,
  { isShown, isVerbose = false }: FollowRunOptions,
): Promise<ExitCode> => {
  const when = sinceFirst();
  for await (const { event } of client.events({ run: runId, signal })) {
    if (!isShown) continue;
    if (screen.isJson) screen.json(event);
    else showEvent(screen, event, { when: when(event.at), isVerbose });
  }
  if (signal.aborted) {
    screen.note(`\nRun ${runId} goes on. To look again: nightshift logs ${runId} --follow`);
    return exitCodes.interrupted;
  }
  const run = await client.runs.get(runId);
  tellEnd(screen, run, isShown);
  return exitCodeOf(run.status);
};

const tellEnd = (screen: Screen, run: RunView, isShown: boolean): void => {
  const { status, result, problem } = run;
  // Those who read events have had the last one.
  if (screen.isJson) return isShown ? undefined : screen.json(run);
  if (!isFinal(status)) return screen.line(status);
  if (result !== undefined && status === 'succeeded') screen.line(JSON.stringify(result, null, 2));
  if (problem !== undefined) screen.complain(`${screen.style('red', '✗')} ${inWords(problem)}`);
  if (status === 'failed')
    screen.note(
      `→ nightshift logs ${run.id} -v shows how it came to that; nightshift retry ${run.id} goes on at the step that failed.`,
    );
  if (status === 'cancelled') screen.note(`Run ${run.id} was cancelled.`);
};

const inWords = ({ code, title, detail, step }: Problem): string =>
  `${code}: ${detail ?? title}${step === undefined ? '' : ` (step ${step})`}`;
