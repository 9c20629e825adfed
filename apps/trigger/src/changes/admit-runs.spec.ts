import type { Ledger } from '@nightshift/ledger';
import { Failure } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { makeTriggerMetrics } from '../metrics.ts';
import { makeRequestRun } from '../starts/request-run.ts';
import { makeAdmitRuns, type AdmitRuns, type Start } from './admit-runs.ts';

const start = (workflow: string): Start => {
  const runId = newId(1_000);
  const requested = {
    workflow,
    workflowVersion: 1,
    parameters: {},
    cause: { kind: 'change' as const, changeId: '0/1/0' },
    chainId: runId,
    iteration: 1,
    depth: 1,
  };
  const delivery = { subject: 'changes', streamSequence: 1, deliveryCount: 1, time: new Date() };
  return {
    run: { runId, at: new Date().toISOString(), requested },
    message: { payload: {}, delivery },
    committedAtMs: 1_000,
  };
};

const request = vi.fn<Ledger['runs']['request']>();
const put = vi.fn<Ledger['schedules']['put']>();
const publish = vi.fn();
let admitRuns: AdmitRuns;

const dispatched = (): string[] =>
  publish.mock.calls.map(
    ([, text]) => (JSON.parse(text as string) as { requested: { data: { workflow: string } } }).requested.data.workflow,
  );

const admitted = { isNew: true, isGated: false };

beforeEach(() => {
  vi.resetAllMocks();
  request.mockResolvedValue(admitted);
  admitRuns = makeAdmitRuns({
    requestRun: makeRequestRun({ ledger: { runs: { request } as never, schedules: { put } as never } }),
    bus: { publish, send: () => {}, whenWritable: async () => {} },
    metrics: makeTriggerMetrics(new Registry()),
    logger: { warn: vi.fn() },
  });
});

describe('admitRuns', () => {
  it('dispatches in order what is admitted, and what was there already', async () => {
    request.mockResolvedValueOnce(admitted).mockResolvedValueOnce({ isNew: false, isGated: false });
    expect(await admitRuns([start('a'), start('b'), start('c')])).toEqual([]);
    expect(dispatched()).toEqual(['a', 'b', 'c']);
  });

  it('wants everything again when the ledger is away, however often', async () => {
    request.mockRejectedValue(new Failure('ledger.unavailable'));
    const starts = [start('a')];
    for (let time = 0; time < 20; time++) await expect(admitRuns(starts)).rejects.toThrow('does not answer');
    expect(publish).not.toHaveBeenCalled();
  });

  it('goes on without a run that the ledger refuses again and again', async () => {
    const [good, bad] = [start('good'), start('bad')];
    request.mockImplementation(async (run) => {
      if (run === bad.run) throw new Failure('platform.bug', { detail: 'refused' });
      return admitted;
    });
    for (let time = 1; time < 8; time++) await expect(admitRuns([good, bad])).rejects.toThrow('refused');
    const refused = await admitRuns([good, bad]);
    expect(refused.map(({ start: { run } }) => run.requested.workflow)).toEqual(['bad']);
    expect(dispatched()).not.toContain('bad');
  });
});
