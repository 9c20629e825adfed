import type { NewRunEvent, Problem, RunRequested } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { LEASE_MS, projectEvents, projectRequest } from './run-projection.ts';

const at = '2026-11-22T12:00:00.000Z';
const problem: Problem = { type: 'x', title: 'x', status: 500, code: 'platform.bug' };
const started: NewRunEvent = { type: 'RunStarted', data: {} };
const completed: NewRunEvent = { type: 'StepCompleted', data: { step: 'a', attempt: 1 } };

describe('the row of a run', () => {
  it('is queued with a lease when it is due, scheduled without one when it is not', () => {
    const requested = { workflow: 'w' } as RunRequested;
    expect(projectRequest(requested, at)).toMatchObject({
      status: 'queued',
      leaseUntil: new Date(Date.parse(at) + LEASE_MS).toISOString(),
    });
    expect(projectRequest({ ...requested, dueAt: '2999-01-01T00:00:00.000Z' }, at)).toMatchObject({
      status: 'scheduled',
      leaseUntil: null,
    });
  });

  it('is paused without a lease when a guard holds it from the beginning', () => {
    const guard = { name: 'cycles', limit: 100, value: 101 };
    expect(
      projectRequest({ workflow: 'w' } as RunRequested, at, [{ type: 'RunPaused', data: { guard } }]),
    ).toMatchObject({
      status: 'paused',
      leaseUntil: null,
      pausedAt: at,
      heldBy: 'cycles',
    });
  });

  it('is running and ready when it begins with the history of another run', () => {
    const history: NewRunEvent[] = [started, completed, { type: 'EventReceived', data: { step: 'b', event: {} } }];
    expect(projectRequest({ workflow: 'w' } as RunRequested, at, history)).toMatchObject({
      status: 'running',
      startedAt: at,
      leaseUntil: new Date(Date.parse(at) + LEASE_MS).toISOString(),
    });
  });

  it.each<[string, NewRunEvent[]]>([
    ['steps alone', [completed]],
    ['a wait, for another branch may go on', [{ type: 'WaitStarted', data: { step: 'a', until: at } }]],
    ['a retry', [{ type: 'StepRetried', data: { step: 'a', attempt: 1, problem, retryAt: at } }]],
  ])('is not touched by %s', (_name, events) => {
    expect(projectEvents(events, at)).toBeUndefined();
  });

  it('rests when its writer says so, but not when it is held or has ended', () => {
    const rests = {};
    expect(projectEvents([completed], at, rests)).toMatchObject({ status: 'resting', lease: 'none' });
    expect(projectEvents([started], at, rests)).toMatchObject({ status: 'resting', startedAt: at });
    expect(projectEvents([{ type: 'RunPaused', data: {} }], at, rests)).toMatchObject({ status: 'paused' });
    expect(projectEvents([{ type: 'RunFailed', data: { problem } }], at, rests)).toMatchObject({ status: 'failed' });
  });

  it.each<[string, NewRunEvent[], object]>([
    ['a start', [started, completed], { status: 'running', startedAt: at, lease: 'keep' }],
    [
      'a whole run',
      [started, completed, { type: 'RunSucceeded', data: { result: 1 } }],
      { status: 'succeeded', startedAt: at, finishedAt: at, result: 1, lease: 'none' },
    ],
    ['a failure', [{ type: 'RunFailed', data: { problem } }], { status: 'failed', finishedAt: at, problem }],
    ['a cancellation', [{ type: 'RunCancelled', data: {} }], { status: 'cancelled', finishedAt: at, lease: 'none' }],
    ['a timer', [{ type: 'TimerFired', data: { dueAt: at, lateMs: 0 } }], { status: 'awake', lease: 'renew' }],
    [
      'a pause',
      [{ type: 'RunPaused', data: { guard: { name: 'cycles', limit: 1, value: 2 } } }],
      { status: 'paused', heldBy: 'cycles', lease: 'none' },
    ],
    ['a resumption', [{ type: 'RunResumed', data: {} }], { status: 'resumed', heldBy: null, lease: 'renew' }],
    ['another try', [{ type: 'RunRetried', data: {} }], { status: 'running', isRetried: true, finishedAt: null }],
    [
      'progress, without a change of its status',
      [{ type: 'ProgressReported', data: { step: 'a', done: 1, total: 2 } }],
      { status: null, progress: { done: 1, total: 2 }, lease: 'keep' },
    ],
  ])('follows %s', (_name, events, expected) => {
    expect(projectEvents(events, at)).toMatchObject(expected);
  });
});
