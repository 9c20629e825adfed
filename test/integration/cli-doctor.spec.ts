import type { Finding } from '../../libs/cli/src/doctor/finding.ts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

// Every command is a process of its own, and starts slowly where many do.
vi.setConfig({ testTimeout: 120_000 });

let platform: TestPlatform;
let cli: CommandLine;

/** Without a scheduler: what is due stays due. */
beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0, schedulers: 0 });
  cli = openCommandLine(platform);
});
afterAll(async () => {
  cli?.close();
  await platform?.close();
});

const examine = async (): Promise<{ code: number | null; verdicts: Record<string, string>; findings: Finding[] }> => {
  const { code, out } = await cli.run('doctor', '--json');
  const findings = JSON.parse(out) as Finding[];
  return { code, findings, verdicts: Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])) };
};

it('finds nothing where all is well', async () => {
  const { code, verdicts, findings } = await examine();
  expect([code, new Set(Object.values(verdicts))], JSON.stringify(findings)).toEqual([0, new Set(['ok'])]);
  expect(Object.keys(verdicts)).toEqual(
    expect.arrayContaining([
      'gateway',
      'ready',
      'version',
      'key',
      'clock',
      'data',
      'changes',
      'schedules',
      'queue',
      'holds',
      'dead letters',
    ]),
  );
});

it('finds what is due and not started, what waits for an executor, and what is held, and says what to do', async () => {
  await platform.publish('sleepy', { do: [{ a: { set: 1 } }] });
  const { scheduleId } = await platform.client.schedules.create('sleepy', { in: { milliseconds: 1 } });
  await platform.query("UPDATE nightshift.schedules SET due_at = now() - interval '1 hour' WHERE run_id = $1", [
    scheduleId,
  ]);
  const queued = await platform.start('sleepy');
  await platform.query("UPDATE nightshift.runs SET requested_at = now() - interval '1 hour' WHERE id = $1", [queued]);
  await platform.client.flows.pauseAll({ reason: 'the night is over' });
  const { code, verdicts, findings } = await examine();
  expect(code).toBe(1);
  expect(verdicts, JSON.stringify(findings)).toMatchObject({
    schedules: 'fail',
    queue: 'warn',
    holds: 'fail',
    data: 'ok',
  });
  expect(findings.filter(({ verdict }) => verdict !== 'ok').every(({ advice }) => advice !== undefined)).toBe(true);

  const { out } = await cli.run('doctor');
  expect(out).toMatch(/^✗ schedules +sleepy \S+ has been due for 1h\n +→ Is a scheduler running\?/m);
  expect(out).toMatch(/^✗ holds .*\n +→ nightshift api POST \/v1\/resume/m);
  expect(await cli.run('api', 'POST', '/v1/resume')).toMatchObject({ code: 0 });
  expect((await examine()).verdicts).toMatchObject({ holds: 'ok', queue: 'fail' });
});

it('says that the gateway is without NATS, and ends with 4 where nobody answers', async () => {
  await platform.nats.stop();
  await waitFor(async () => (await fetch(`${platform.url}/readyz`)).status === 503 || undefined, {
    describe: 'the gateway to notice',
  });
  const without = await examine();
  expect(without.code).not.toBe(0);
  expect(without.findings.find(({ check }) => check === 'ready')?.detail).toContain('messaging');
  expect(without.verdicts).toMatchObject({ gateway: 'ok', data: 'fail' });
  expect(await cli.run('doctor', '--url', 'http://127.0.0.1:1')).toMatchObject({
    code: 4,
    out: expect.stringMatching(/^✗ gateway .*\n +→ Is it running\?/) as string,
  });
});
