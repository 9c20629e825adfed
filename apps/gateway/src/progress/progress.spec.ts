import type { RunEvent, RunView } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import { describe, expect, it } from 'vitest';
import { chainProgress } from './chain-progress.ts';
import { listProgress } from './list-progress.ts';
import { runProgress } from './run-progress.ts';

const at = '2026-01-01T00:00:00.000Z';
const nowMs = Date.parse(at) + 10_000;

const run = (more: Partial<RunView> = {}): RunView => ({
  id: 'run-1',
  workflow: 'mail',
  workflowVersion: 1,
  status: 'running',
  cause: { kind: 'api' },
  parentRunId: null,
  chainId: 'run-1',
  iteration: 1,
  depth: 0,
  listId: null,
  dueAt: null,
  requestedAt: at,
  startedAt: at,
  finishedAt: null,
  ...more,
});

const events = (...types: RunEvent['type'][]): RunEvent[] =>
  types.map((type, index) => ({ runId: 'run-1', version: index + 1, type, at, data: {} }) as RunEvent);

const list = (more: Partial<ListView> = {}): ListView => {
  const counts = {
    handedOut: 60,
    dropped: 0,
    succeeded: 45,
    failed: 5,
    skipped: 0,
    cancelled: 0,
    retrying: 0,
    ...more,
  };
  const ended = counts.succeeded + counts.failed + counts.cancelled;
  return {
    id: 'list-1',
    workflow: 'mail',
    status: 'running',
    total: 100,
    ...counts,
    done: ended + counts.skipped + counts.dropped,
    inFlight: counts.handedOut - ended + counts.retrying,
    message: null,
    settings: { order: 'parallel', failurePolicy: 'continue' },
    requestedAt: new Date(at),
    finishedAt: null,
    progressAt: new Date(nowMs),
    ...more,
  };
};

describe('the progress of a run', () => {
  it('counts its steps', () => {
    const progress = runProgress({
      run: run(),
      events: events('RunRequested', 'RunStarted', 'StepCompleted', 'StepSkipped', 'StepRetried'),
      steps: 4,
      nowMs,
    });
    expect(progress).toMatchObject({
      total: 4,
      done: 2,
      succeeded: 1,
      skipped: 1,
      retrying: 1,
      inFlight: 1,
      percent: 50,
      stalled: false,
    });
  });

  it('ends with all of them, however it ended', () => {
    const succeeded = runProgress({
      run: run({ status: 'succeeded' }),
      events: events('RunRequested'),
      steps: 3,
      nowMs,
    });
    expect(succeeded).toMatchObject({ done: 3, succeeded: 3, percent: 100, inFlight: 0 });
    const failed = runProgress({
      run: run({ status: 'failed' }),
      events: events('StepCompleted', 'StepFailed'),
      steps: 4,
      nowMs,
    });
    expect(failed).toMatchObject({ done: 4, succeeded: 1, failed: 1, cancelled: 2, percent: 100 });
  });

  it('is stalled when nothing has happened for a minute', () => {
    expect(runProgress({ run: run(), events: events('RunStarted'), steps: 1, nowMs: nowMs + 60_000 }).stalled).toBe(
      true,
    );
  });

  it('is what the workflow reports, if it does', () => {
    const reported = run({ progress: { done: 30, total: 120, message: 'page 3 of 12' } });
    expect(runProgress({ run: reported, events: events('StepCompleted'), steps: 2, nowMs })).toMatchObject({
      total: 120,
      done: 30,
      succeeded: 30,
      percent: 25,
      message: 'page 3 of 12',
    });
  });

  it('ends with all of it done, whatever was reported last', () => {
    const progress = { done: 30, total: 120 };
    const of = (status: RunView['status']) =>
      runProgress({ run: run({ status, progress, finishedAt: at }), events: [], steps: 2, nowMs });
    expect(of('succeeded')).toMatchObject({ total: 120, done: 120, succeeded: 120, percent: 100 });
    expect(of('failed')).toMatchObject({ total: 120, done: 120, succeeded: 30, cancelled: 90, percent: 100 });
  });

  it('may be reported without an end in sight, or beyond it', () => {
    const of = (progress: RunView['progress']) =>
      runProgress({ run: run({ progress }), events: events('StepCompleted'), steps: 2, nowMs });
    expect(of({ done: 5 })).toMatchObject({ total: null, done: 5, percent: null });
    expect(of({ done: 7, total: 5 })).toMatchObject({ total: 7, done: 7, percent: 99.9 });
    expect(of({ message: 'warming up' })).toMatchObject({ total: 2, done: 1, percent: 50, message: 'warming up' });
  });
});

describe('the progress of a list', () => {
  it('counts its items, and says when it will be over', () => {
    expect(listProgress(list(), nowMs)).toMatchObject({
      done: 50,
      inFlight: 10,
      percent: 50,
      ratePerSecond: 5,
      eta: new Date(nowMs + 10_000).toISOString(),
    });
  });

  it('that was cancelled counts what never started', () => {
    const cancelled = list({ status: 'cancelled', handedOut: 50, dropped: 50, finishedAt: new Date(nowMs) });
    expect(listProgress(cancelled, nowMs)).toMatchObject({
      status: 'cancelled',
      done: 100,
      cancelled: 50,
      percent: 100,
      eta: null,
    });
  });

  it('is never 100 % before the end', () => {
    expect(
      listProgress(list({ total: 100_000, handedOut: 100_000, succeeded: 99_999, failed: 0 }), nowMs).percent,
    ).toBe(99.9);
  });

  it('of nothing is done when it has ended', () => {
    const empty = { total: 0, handedOut: 0, succeeded: 0, failed: 0, progressAt: null };
    expect(listProgress(list(empty), nowMs)).toMatchObject({ done: 0, percent: 0, ratePerSecond: null });
    expect(listProgress(list({ ...empty, status: 'succeeded' }), nowMs).percent).toBe(100);
  });
});

describe('the progress of a chain', () => {
  it('knows no total before its end', () => {
    const last = run({ id: 'run-7', status: 'waiting', iteration: 7 });
    expect(
      chainProgress(
        run({ status: 'succeeded' }),
        last,
        new Map([
          ['succeeded', 6],
          ['waiting', 1],
        ]),
      ),
    ).toMatchObject({
      kind: 'chain',
      id: 'run-1',
      status: 'waiting',
      total: null,
      done: 6,
      inFlight: 1,
      iteration: 7,
      percent: null,
    });
  });

  it('ends as its last cycle did', () => {
    const last = run({ id: 'run-7', status: 'failed', iteration: 7 });
    expect(
      chainProgress(
        run({ status: 'succeeded' }),
        last,
        new Map([
          ['succeeded', 6],
          ['failed', 1],
        ]),
      ),
    ).toMatchObject({
      status: 'failed',
      total: 7,
      done: 7,
      percent: 100,
    });
  });
});
