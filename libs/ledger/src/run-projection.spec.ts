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
    expect(projectRequest(requested, at)).toEqual({
      status: 'queued',
      leaseUntil: new Date(Date.parse(at) + LEASE_MS).toISOString(),
    });
    expect(projectRequest({ ...requested, dueAt: at }, at)).toEqual({ status: 'scheduled', leaseUntil: null });
  });

  it('is not touched by steps alone', () => {
    expect(projectEvents([completed], at)).toBeUndefined();
  });

  it.each<[string, NewRunEvent[], object]>([
    ['a start', [started, completed], { status: 'running', startedAt: at, lease: 'keep' }],
    [
      'a whole run',
      [started, completed, { type: 'RunSucceeded', data: { result: 1 } }],
      { status: 'succeeded', startedAt: at, finishedAt: at, result: 1, lease: 'none' },
    ],
    ['a wait', [{ type: 'WaitStarted', data: { step: 'a', until: at } }], { status: 'waiting', lease: 'none' }],
    [
      'a retry',
      [{ type: 'StepRetried', data: { step: 'a', attempt: 1, problem, retryAt: at } }],
      { status: 'waiting' },
    ],
    ['a failure', [{ type: 'RunFailed', data: { problem } }], { status: 'failed', finishedAt: at, problem }],
    ['a cancellation', [{ type: 'RunCancelled', data: {} }], { status: 'cancelled', finishedAt: at, lease: 'none' }],
    ['a timer', [{ type: 'TimerFired', data: { dueAt: at, lateMs: 0 } }], { status: 'queued', lease: 'renew' }],
  ])('follows %s', (_name, events, expected) => {
    expect(projectEvents(events, at)).toMatchObject(expected);
  });
});
