import { makeLogger } from '@nightshift/runtime';
import { describe, expect, it, vi } from 'vitest';
import { anOccasion, OCCASION_RUN_ID } from './an-occasion.fixture.ts';
import { performEmit } from './emit.ts';
import { makePerformLog } from './log.ts';
import { performProgress } from './progress.ts';
import { performRaise } from './raise.ts';
import { performStop } from './stop.ts';
import { performValue } from './value.ts';
import { performWaitFor } from './wait-for.ts';
import { performWait } from './wait.ts';
import { effectKey } from './effect-key.ts';
import { makePerformers, type PerformersDeps } from './performers.ts';

describe('the identity of an execution of a step', () => {
  it('is the same for each attempt, and another one for each iteration', () => {
    expect(effectKey(anOccasion({ attempt: 1 }))).toBe(`${OCCASION_RUN_ID}/act/1`);
    expect(effectKey(anOccasion({ attempt: 2 }))).toBe(`${OCCASION_RUN_ID}/act/1`);
    expect(effectKey(anOccasion({ iteration: '3.r2.0' }))).toBe(`${OCCASION_RUN_ID}/act/3.r2.0`);
  });
});

it('has a performer for what logs, with the logger that it is given', async () => {
  const lines: unknown[] = [];
  const logger = makeLogger({ app: 'test', level: 'silent' });
  logger.warn = ((...line: unknown[]) => lines.push(line)) as typeof logger.warn;
  const performers = makePerformers({ logger, email: {}, http: {} } as PerformersDeps);
  await performers.log({ kind: 'log', level: 'warn', message: 'low stock' }, anOccasion());
  expect(lines).toEqual([
    [{ runId: OCCASION_RUN_ID, workflow: 'order', step: 'act', message: 'low stock' }, 'workflow log'],
  ]);
});

describe('effects without a world', () => {
  it('a value is the result', () => {
    expect(performValue({ kind: 'value', value: [1] }, anOccasion())).toEqual({
      outcome: { kind: 'completed', result: [1] },
    });
  });

  it('a wait ends at its moment', () => {
    expect(performWait({ kind: 'wait', until: '2026-01-01T10:00:00+01:00' }, anOccasion())).toEqual({
      outcome: { kind: 'waiting', until: '2026-01-01T09:00:00.000Z' },
    });
  });

  it('a wait for an event says whose event', () => {
    expect(performWaitFor({ kind: 'waitFor', event: 'order.paid', key: '17' }, anOccasion())).toEqual({
      outcome: { kind: 'awaiting', event: { type: 'order.paid', key: '17' } },
      awaits: [{ step: 'act', type: 'order.paid', key: '17' }],
    });
  });

  it('an emitted event has an id that is the same for each attempt', () => {
    vi.useFakeTimers({ now: Date.parse('2026-02-03T04:05:06Z') });
    const emitted = performEmit(
      { kind: 'emit', event: { type: 'order.paid', subject: '17', data: { total: 3 } } },
      anOccasion({ iteration: '2', attempt: 3 }),
    );
    const id = `${OCCASION_RUN_ID}/act/2`;
    expect(emitted).toEqual({
      outcome: { kind: 'completed', result: { id } },
      emitted: [
        {
          id,
          source: '/workflows/order',
          type: 'order.paid',
          subject: '17',
          time: '2026-02-03T04:05:06.000Z',
          data: { total: 3 },
        },
      ],
    });
    vi.useRealTimers();
  });

  it('an event without subject and data has neither', () => {
    expect(performEmit({ kind: 'emit', event: { type: 'tick' } }, anOccasion())).toMatchObject({
      emitted: [{ subject: null, data: null }],
    });
  });

  it('a log entry is written to the history and to the log, at its level', () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const performed = makePerformLog(logger)(
      { kind: 'log', level: 'error', message: 'card declined', data: { order: 17 } },
      anOccasion({ iteration: '4' }),
    );
    expect(performed).toEqual({
      outcome: { kind: 'completed' },
      events: [
        {
          type: 'LogWritten',
          data: { step: 'act', iteration: '4', level: 'error', message: 'card declined', data: { order: 17 } },
        },
      ],
    });
    const place = { runId: OCCASION_RUN_ID, workflow: 'order', step: 'act', iteration: '4' };
    expect(logger.error.mock.calls).toEqual([
      [{ ...place, message: 'card declined', data: { order: 17 } }, 'workflow log'],
    ]);
    expect(logger.info).not.toHaveBeenCalled();
  });

  it('progress is reported with what was said, and nothing else', () => {
    expect(performProgress({ kind: 'progress', done: 0, message: 'begun' }, anOccasion())).toEqual({
      outcome: { kind: 'completed' },
      events: [{ type: 'ProgressReported', data: { step: 'act', done: 0, message: 'begun' } }],
    });
  });

  it('what is raised is not raised again', () => {
    const problem = { type: 'about:blank', title: 'No stock', status: 422, code: 'stock.empty' };
    expect(performRaise({ kind: 'raise', problem }, anOccasion())).toEqual({
      outcome: { kind: 'failed', problem, canRetry: false },
    });
  });

  it('a stop ends with its result, or with none', () => {
    expect(performStop({ kind: 'stop', result: false }, anOccasion())).toEqual({
      outcome: { kind: 'stopped', result: false },
    });
    expect(performStop({ kind: 'stop' }, anOccasion())).toEqual({ outcome: { kind: 'stopped' } });
  });
});
