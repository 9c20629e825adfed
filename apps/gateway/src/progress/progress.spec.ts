import { runStatuses, type Progress, type RunEvent, type RunStatus, type RunView } from '@nightshift/contracts';
import type { ChainFacts, ListView } from '@nightshift/ledger';
import { compileWorkflow, shareDone, type WorkflowDocument } from '@nightshift/workflow-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainProgress } from './chain-progress.ts';
import { fingerprintOf } from './fingerprint.ts';
import { foldEvent, unread } from './fold-run.ts';
import { listProgress } from './list-progress.ts';
import { publicProgress } from './public-progress.ts';
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

const plan = compileWorkflow({
  workflow: 'mail',
  do: ['a', 'b', 'c', 'd'].map((name) => ({ [name]: { set: 1 } })),
} as unknown as WorkflowDocument);

const requested = { workflow: 'mail', workflowVersion: 1, parameters: {}, chainId: 'run-1', iteration: 1, depth: 0 };

/** One event a second. */
const history = (...events: [type: RunEvent['type'], data?: object][]): RunEvent[] =>
  [['RunRequested', { ...requested, cause: { kind: 'api' } }] as const, ['RunStarted'] as const, ...events].map(
    ([type, data = {}], index) =>
      ({
        runId: 'run-1',
        version: index + 1,
        type,
        at: new Date(Date.parse(at) + index * 1000).toISOString(),
        data,
      }) as RunEvent,
  );

const progressOf = (
  view: RunView,
  events: RunEvent[],
  more: { nowMs?: number; isStalled?: boolean } = {},
): Progress => {
  const folded = events.reduce((soFar, event) => foldEvent(plan, soFar, event), unread);
  return runProgress({
    run: view,
    folded,
    share: shareDone(plan, folded.state, new Map()),
    isStalled: false,
    nowMs,
    ...more,
  });
};

const addsUp = ({ done, succeeded, failed, skipped, cancelled }: Progress): boolean =>
  done === succeeded + failed + skipped + cancelled;

describe('the progress of a run', () => {
  it('counts its steps', () => {
    const progress = progressOf(
      run(),
      history(
        ['StepCompleted', { step: 'a', attempt: 1 }],
        ['StepSkipped', { step: 'b', reason: 'no' }],
        ['StepRetried', { step: 'c', attempt: 1, retryAt: at }],
      ),
    );
    expect(progress).toMatchObject({
      total: 4,
      done: 2,
      succeeded: 1,
      skipped: 1,
      retrying: 1,
      inFlight: 1,
      percent: 50,
    });
  });

  it('ends with all of them, however it ended', () => {
    const done = (step: string): [RunEvent['type'], object] => ['StepCompleted', { step, attempt: 1 }];
    const succeeded = progressOf(
      run({ status: 'succeeded' }),
      history(done('a'), done('b'), done('c'), done('d'), ['RunSucceeded']),
    );
    expect(succeeded).toMatchObject({ done: 4, total: 4, succeeded: 4, percent: 100, inFlight: 0 });
    const failed = progressOf(
      run({ status: 'failed' }),
      history(done('a'), ['StepFailed', { step: 'b', attempt: 1 }], ['RunFailed']),
    );
    expect(failed).toMatchObject({ done: 4, total: 4, succeeded: 1, failed: 1, cancelled: 2, percent: 100 });
  });

  it('of a version that nobody knows says so', () => {
    const progress = runProgress({ run: run(), folded: undefined, share: null, isStalled: false, nowMs });
    expect(progress).toMatchObject({ total: null, done: 0, percent: null });
  });

  it('is what the workflow reports, if it does', () => {
    const reported = run({ progress: { done: 30, total: 120, message: 'page 3 of 12' } });
    expect(progressOf(reported, history(['StepCompleted', { step: 'a', attempt: 1 }]))).toMatchObject({
      total: 120,
      done: 30,
      succeeded: 30,
      percent: 25,
      message: 'page 3 of 12',
    });
  });

  it('ends with all of it done, whatever was reported last', () => {
    const progress = { done: 30, total: 120 };
    const of = (status: RunStatus) => progressOf(run({ status, progress, finishedAt: at }), history());
    expect(of('succeeded')).toMatchObject({ total: 120, done: 120, succeeded: 120, percent: 100 });
    expect(of('failed')).toMatchObject({ total: 120, done: 120, succeeded: 30, cancelled: 90, percent: 100 });
  });

  it('may be reported without an end in sight, or beyond it', () => {
    const of = (progress: RunView['progress']) =>
      progressOf(run({ progress }), history(['StepCompleted', { step: 'a', attempt: 1 }]));
    expect(of({ done: 5 })).toMatchObject({ total: null, done: 5, percent: null });
    expect(of({ done: 7, total: 5 })).toMatchObject({ total: 7, done: 7, percent: 99.9 });
    expect(of({ message: 'warming up' })).toMatchObject({ total: 4, done: 1, percent: 25, message: 'warming up' });
  });

  it('tells of a rate and an end when enough of it is done, and of no end while it is paused', () => {
    const reports = (count: number) =>
      history(
        ...Array.from({ length: count }, (_, done): [RunEvent['type'], object] => [
          'ProgressReported',
          { step: 'a', done },
        ]),
      );
    const of = (count: number, status: RunStatus) =>
      progressOf(run({ status, progress: { done: count - 1, total: 20 } }), reports(count), {
        nowMs: Date.parse(at) + (count + 1) * 1000,
      });
    expect(of(5, 'running')).toMatchObject({ ratePerSecond: null, eta: null });
    expect(of(10, 'running')).toMatchObject({
      ratePerSecond: 1,
      eta: new Date(Date.parse(at) + 22_000).toISOString(),
    });
    expect(of(10, 'paused')).toMatchObject({ ratePerSecond: 1, eta: null });
  });
});

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

describe('the progress of a list', () => {
  const of = (view: ListView, mark = { atMs: nowMs - 4_000, done: 30 }, now = nowMs) =>
    listProgress({ list: view, mark, isStalled: false, nowMs: now });

  it('counts its items, and says when it will be over at the rate of late', () => {
    expect(of(list())).toMatchObject({
      done: 50,
      inFlight: 10,
      percent: 50,
      ratePerSecond: 5,
      eta: new Date(nowMs + 10_000).toISOString(),
    });
  });

  it('says nothing of a rate before five items have told it, and loses it while it stands still', () => {
    expect(of(list(), { atMs: nowMs - 4_000, done: 46 })).toMatchObject({ ratePerSecond: null, eta: null });
    expect(of(list(), { atMs: nowMs, done: 10 })).toMatchObject({ ratePerSecond: null });
    expect(of(list(), undefined, nowMs + 36_200).ratePerSecond).toBe(0.5);
  });

  it('that was cancelled counts what never started', () => {
    const cancelled = list({ status: 'cancelled', handedOut: 50, dropped: 50, finishedAt: new Date(nowMs) });
    expect(of(cancelled)).toMatchObject({ status: 'cancelled', done: 100, cancelled: 50, percent: 100, eta: null });
  });

  it('is never 100 % before the end', () => {
    expect(of(list({ total: 100_000, handedOut: 100_000, succeeded: 99_999, failed: 0 })).percent).toBe(99.9);
  });

  it('of nothing is done when it has ended', () => {
    const empty = { total: 0, handedOut: 0, succeeded: 0, failed: 0, progressAt: null };
    expect(of(list(empty))).toMatchObject({ done: 0, percent: 0, ratePerSecond: null });
    expect(of(list({ ...empty, status: 'succeeded' })).percent).toBe(100);
  });
});

describe('the progress of a chain', () => {
  const of = (
    counts: Partial<Record<RunStatus, number>>,
    last: Partial<ChainFacts['last']>,
    reported: ChainFacts['reported'] = {},
  ) =>
    chainProgress({
      first: run(),
      facts: {
        counts: new Map(Object.entries(counts) as [RunStatus, number][]),
        reported,
        last: {
          id: 'run-7',
          iteration: 7,
          status: 'running',
          requestedAt: at,
          startedAt: at,
          finishedAt: null,
          problem: null,
          ...last,
        },
      },
      marks: [],
      isStalled: false,
      nowMs,
    });

  it('knows no total before its end', () => {
    expect(of({ succeeded: 6, waiting: 1 }, { status: 'waiting' })).toMatchObject({
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

  it('has the total that a cycle declares, in its cycles or in what they report', () => {
    expect(of({ succeeded: 6, running: 1 }, {}, { total: 12 })).toMatchObject({ total: 12, done: 6, percent: 50 });
    expect(of({ succeeded: 6, running: 1 }, {}, { done: 300, total: 400 })).toMatchObject({
      total: 400,
      done: 300,
      percent: 75,
    });
    expect(of({ succeeded: 6, running: 1 }, {}, { done: 300, total: 200 })).toMatchObject({
      total: 300,
      percent: 99.9,
    });
  });

  it('ends as its last cycle did, with all of it', () => {
    expect(of({ succeeded: 6, failed: 1 }, { status: 'failed' })).toMatchObject({
      status: 'failed',
      total: 7,
      done: 7,
      percent: 100,
    });
    expect(of({ succeeded: 6, cancelled: 1 }, { status: 'cancelled' }, { total: 12 })).toMatchObject({
      total: 12,
      done: 12,
      succeeded: 6,
      cancelled: 6,
    });
    expect(of({ succeeded: 7 }, { status: 'succeeded' }, { done: 5, total: 12 })).toMatchObject({
      total: 12,
      succeeded: 12,
    });
  });

  it('never falls while it goes on, adds up, and ends with its total, whatever its cycles say', () => {
    const cycle = fc.record({
      end: fc.constantFrom<RunStatus>('succeeded', 'failed', 'cancelled'),
      done: fc.option(fc.nat({ max: 500 }), { nil: undefined }),
      total: fc.option(fc.nat({ max: 500 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(cycle, { minLength: 1, maxLength: 20 }), (cycles) => {
        const counts: Partial<Record<RunStatus, number>> = {};
        const reported: { done?: number; total?: number } = {};
        let done = 0;
        const look = (status: RunStatus, open: number): Progress => {
          const progress = of({ ...counts, ...(open && { running: open }) }, { status }, { ...reported });
          expect(addsUp(progress)).toBe(true);
          expect(progress.done).toBeGreaterThanOrEqual(done);
          done = progress.done;
          return progress;
        };
        for (const [index, one] of cycles.entries()) {
          if (one.done !== undefined) reported.done = Math.max(reported.done ?? 0, one.done);
          if (one.total !== undefined) reported.total = one.total;
          expect(look('running', 1).percent).not.toBe(100);
          counts[one.end] = (counts[one.end] ?? 0) + 1;
          if (index < cycles.length - 1) look('running', 1);
        }
        const ended = look(cycles.at(-1)!.end, 0);
        expect(ended).toMatchObject({ percent: 100, total: ended.done });
        expect(Math.min(ended.succeeded, ended.failed, ended.cancelled)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a fingerprint', () => {
  const progress = progressOf(run(), history());
  it('is the same as long as nothing has happened', () => {
    expect(fingerprintOf({ ...progress, eta: at, ratePerSecond: 4, updatedAt: 'later' })).toBe(fingerprintOf(progress));
    for (const more of [
      { done: 1 },
      { stalled: true },
      { percent: 3 },
      { message: 'x' },
      { status: 'paused' as const },
    ])
      expect(fingerprintOf({ ...progress, ...more })).not.toBe(fingerprintOf(progress));
  });
});

describe('what anybody may see', () => {
  it('is nine things, and never why something failed', () => {
    for (const status of runStatuses) {
      const problem = { type: 't', title: 'secret', status: 500, code: 'c', detail: 'secret detail of run-1' };
      const failed = run({ status, ...(status === 'failed' && { problem }) });
      const shown = publicProgress(progressOf(failed, history()));
      expect(Object.keys(shown).sort()).toEqual(
        ['done', 'eta', 'message', 'percent', 'stalled', 'startedAt', 'status', 'total', 'updatedAt'].sort(),
      );
      expect(JSON.stringify(shown)).not.toMatch(/secret|run-1/);
    }
  });
});
