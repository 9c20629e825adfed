import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListInfo, Page, RunView, Scheduled, Schedule } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

// Every command is a process of its own, and starts slowly where many do.
vi.setConfig({ testTimeout: 120_000 });

let platform: TestPlatform;
let cli: CommandLine;

beforeAll(async () => {
  platform = await openTestPlatform();
  cli = openCommandLine(platform);
  await platform.publish('greet', {
    parameters: {
      type: 'object',
      properties: { name: { type: 'string' }, times: { type: 'integer', default: 1 } },
      required: ['name'],
      additionalProperties: false,
    },
    do: [{ noted: { log: '=parameters.name & " comes"' } }, { greeting: { set: '="Hello, " & parameters.name' } }],
    return: { greeting: '=greeting', times: '=parameters.times' },
  });
  await platform.publish('break', {
    do: [{ broken: { raise: { type: 'shop.closed', status: 409, title: 'The shop is closed' } } }],
  });
  await platform.publish('linger', {
    do: [{ pause: { waitFor: { event: 'go', key: '=run.id' } } }],
    return: { done: true },
  });
});
afterAll(async () => {
  cli?.close();
  await platform?.close();
});

const waits = (runId: string) => platform.happened(runId, ({ type }) => type === 'WaitStarted');

/** The id of a run in what a command notes. */
const runIn = async (said: () => { error: string }): Promise<string> =>
  waitFor(async () => /Run (\S+) of/.exec(said().error)?.[1], { describe: 'the run to be named' });

describe('nightshift run', () => {
  it('says the id of the run', async () => {
    const { code, out, error } = await cli.run('run', 'greet', '-p', 'name=Ada');
    expect([code, error]).toEqual([0, '']);
    expect(await platform.ended(out.trim())).toMatchObject({ status: 'succeeded' });
  });

  it('waits for the result, with parameters from a file and from the command', async () => {
    writeFileSync(join(cli.folder, 'parameters.yaml'), 'name: Bob\ntimes: 2\n');
    const waited = await cli.run('run', 'greet', '--parameters', 'parameters.yaml', '-p', 'times=3', '--wait');
    expect(waited.code, waited.error).toBe(0);
    expect(JSON.parse(waited.out)).toEqual({ greeting: 'Hello, Bob', times: 3 });
    const input = '{"name": "Cleo"}';
    const piped = await cli.runWith({ input }, 'run', 'greet', '--parameters', '-', '--wait', '--json');
    expect(JSON.parse(piped.out)).toMatchObject({ status: 'succeeded', result: { greeting: 'Hello, Cleo' } });
  });

  it('starts nothing more under the same idempotency key', async () => {
    const one = await cli.run('run', 'greet', '-p', 'name=Ada', '--idempotency-key', 'once');
    const other = await cli.run('run', 'greet', '-p', 'name=Ada', '--idempotency-key', 'once');
    expect(other.out).toBe(one.out);
  });

  it('shows steps as they happen, and ends with 1 and the problem if the run fails', async () => {
    const { code, out, error } = await cli.run('run', 'break', '--watch');
    expect(code).toBe(1);
    expect(out).toMatch(/StepFailed +broken +\S+: The shop is closed/);
    expect(out).not.toContain('\u001b');
    expect(error).toMatch(/✗ \S+: The shop is closed \(step broken\)\n→ nightshift logs \S+ -v/);
  });

  it('ends with 3 if the run is cancelled', async () => {
    const running = cli.start({}, 'run', 'linger', '--wait');
    const runId = await runIn(running.said);
    await waits(runId);
    expect(await cli.run('cancel', runId, '--reason', 'enough')).toMatchObject({
      code: 0,
      out: `${runId}  cancelled\n`,
    });
    expect(await running.ended).toMatchObject({ code: 3, error: expect.stringContaining('was cancelled') as string });
  });

  it('leaves the run running on Ctrl-C, and says how to look again', async () => {
    const running = cli.start({}, 'run', 'linger', '--watch');
    const runId = await runIn(running.said);
    await waitFor(async () => running.said().out.includes('WaitStarted') || undefined, { describe: 'the wait' });
    running.process.kill('SIGINT');
    const { code, error } = await running.ended;
    expect(code).toBe(130);
    expect(error).toContain(`Run ${runId} goes on. To look again: nightshift logs ${runId} --follow`);
    expect(await platform.client.runs.get(runId)).toMatchObject({ status: 'waiting' });
    const following = cli.start({}, 'logs', runId, '--follow');
    await platform.client.sendEvent({ id: 'go-1', source: '/test', type: 'go', subject: runId, data: {} });
    expect(await following.ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/WaitStarted[\s\S]*RunSucceeded/) as string,
    });
  });

  it('says what is wrong with parameters, and which workflow was meant', async () => {
    const wrong = await cli.run('run', 'greet', '-p', 'nam=Ada');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.error).toMatch(/✗ parameters\.invalid: .*\n {4}\/parameters\/name: is required\n/);
    expect(wrong.error).toContain('→ A value is JSON if it reads as JSON');
    expect((await cli.run('run', 'gret')).error).toMatch(/✗ workflow\.not_found: .*\n→ Did you mean greet\?\n/);
    expect((await cli.run('run', 'greet', '-p', 'name')).error).toContain('"name" is no parameter');
  });
});

describe('runs', () => {
  it('are found, and read one by one', async () => {
    await cli.run('run', 'break', '--wait');
    const table = await cli.run('runs', '--workflow', 'break');
    expect(table.out).toMatch(
      /^RUN +WORKFLOW +STATUS +CAUSE +REQUESTED +TOOK +PROBLEM\n\S+ +break +failed +api .*The shop is closed/,
    );
    const { items } = await cli.json<Page<RunView>>('runs', 'list', '--workflow', 'break', '--limit', '1');
    expect(items).toMatchObject([{ workflow: 'break', status: 'failed' }]);
    const one = await cli.run('runs', 'get', items[0]!.id);
    expect(one.out).toMatch(/^status +failed$/m);
    expect(one.out).toMatch(/^failed step +broken$/m);
    expect(await cli.run('runs', 'list', '--status', 'lost')).toMatchObject({
      code: 2,
      error: expect.stringContaining('--status is one of') as string,
    });
  });

  it('are waited for, whatever starts them', async () => {
    const since = new Date().toISOString();
    const waiting = ['first', 'second'].map(() =>
      cli.start({}, 'runs', 'wait', '--workflow', 'break', '--requested-after', since),
    );
    const runId = await platform.start('break');
    for (const { ended } of waiting) {
      expect(await ended).toMatchObject({ code: 1, error: expect.stringContaining(`Run ${runId} of break`) as string });
    }
    // One that was there already.
    const late = await cli.run('runs', 'wait', '--workflow', 'break', '--requested-after', since);
    expect(late).toMatchObject({ code: 1, error: expect.stringContaining(runId) as string });
  });

  it('have a history, with what went in and came out if that is asked for', async () => {
    const { out: id } = await cli.run('run', 'greet', '-p', 'name=Ada', '--wait', '-q', '--json');
    const { id: runId } = JSON.parse(id) as RunView;
    const short = await cli.run('logs', runId);
    expect(short.out).toMatch(/LogWritten +noted {2}\[info\] Ada comes/);
    expect(short.out).not.toContain('result:');
    const long = await cli.run('logs', runId, '-v');
    expect(long.out).toContain('parameters: {"name":"Ada","times":1}');
    expect(long.out).toContain('result: "Hello, Ada"');
    const lines = (await cli.run('logs', runId, '--json')).out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { version: number }).version)).toEqual(
      lines.map((_, at) => at + 1),
    );
  });

  it('are controlled one by one, or all of a workflow after a yes', async () => {
    const ids = await Promise.all([platform.start('linger'), platform.start('linger')]);
    await Promise.all(ids.map(waits));
    expect(await cli.run('pause', ids[0]!)).toMatchObject({ code: 0, out: `${ids[0]}  paused\n` });
    expect(await cli.run('resume', ids[0]!)).toMatchObject({ code: 0 });
    expect(await cli.run('cancel', '--workflow', 'linger')).toMatchObject({
      code: 2,
      error: expect.stringContaining('--yes does it without asking') as string,
    });
    expect(await cli.run('cancel', '--workflow', 'linger', '--status', 'waiting', '--yes')).toMatchObject({ code: 0 });
    for (const id of ids) expect(await platform.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(await cli.run('retry', ids[0]!)).toMatchObject({
      code: 2,
      error: expect.stringContaining('run.') as string,
    });
  });
});

describe('events', () => {
  it('come as they happen, one in each line of JSON, and end quietly with whoever reads them', async () => {
    const running = cli.start({}, 'events', '--follow', '--workflow', 'greet', '--json');
    // Events of runs before the connection stands are not in it.
    const first = await waitFor(
      async () => {
        if (running.said().out === '') await platform.run('greet', { name: 'Ada' });
        return running.said().out.split('\n').slice(0, -1)[0];
      },
      { describe: 'an event' },
    );
    expect(JSON.parse(first)).toMatchObject({ workflow: 'greet', runId: expect.any(String) as string });
    running.process.stdout.destroy();
    await platform.run('greet', { name: 'Bob' });
    const { code, error } = await running.ended;
    expect([code, error]).toEqual([0, '']);
  });
});

describe('schedules and lists', () => {
  it('plan, move and cancel a run', async () => {
    const created = await cli.json<Scheduled>(
      'schedules',
      'create',
      'greet',
      '--in',
      '2h',
      '-p',
      'name=Ada',
      '--schedule-key',
      'a',
    );
    const { items } = await cli.json<Page<Schedule>>('schedules', '--workflow', 'greet');
    expect(items).toMatchObject([{ scheduleId: created.scheduleId, key: 'a', parameters: { name: 'Ada' } }]);
    expect((await cli.run('schedules')).out).toMatch(/greet +scheduled +in 1h 59m/);
    const moved = await cli.json<Schedule>('schedules', 'move', created.scheduleId, '--by', '1h');
    expect(Date.parse(moved.dueAt) - Date.parse(created.dueAt)).toBe(3_600_000);
    expect(await cli.run('schedules', 'cancel', created.scheduleId)).toMatchObject({ code: 0 });
    expect(await cli.run('schedules', 'create', 'greet', '--in', 'soon')).toMatchObject({
      code: 2,
      error: expect.stringContaining('"soon" is no length of time') as string,
    });
  });

  it('start a run for each item of a file, and show how far that is', async () => {
    writeFileSync(join(cli.folder, 'names.ndjson'), '"Ada"\n"Bob"\n\n"Cleo"\n');
    const { code, out, error } = await cli.run(
      'lists',
      'create',
      'greet',
      '--items',
      'names.ndjson',
      '--as',
      'name',
      '--watch',
    );
    expect(code, error).toBe(0);
    const [listId = '', end] = out.split('\n');
    expect(end).toBe('succeeded: 3 succeeded, 0 failed, 0 cancelled, of 3');
    expect(error).toContain('100 %  3 of 3');
    expect(await cli.json<ListInfo>('lists', 'get', listId)).toMatchObject({ total: 3, succeeded: 3 });
    writeFileSync(join(cli.folder, 'wrong.ndjson'), '"Ada"\nBob\n');
    expect((await cli.run('lists', 'create', 'greet', '--items', 'wrong.ndjson', '--as', 'name')).error).toContain(
      'wrong.ndjson:2: ',
    );
    expect((await platform.client.lists.search()).items).toHaveLength(1);
  });
});
