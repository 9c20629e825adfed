import { signals, subjects, type Dispatch, type NewRunEvent, type RunOutcome } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
const dispatched: Dispatch[] = [];
const interrupted = new Set<string>();
let timerSignals = 0;

const nobody = '0190a000-0000-7000-8000-000000000000';

const document = (workflow: string): object => ({
  workflow,
  parameters: {
    type: 'object',
    properties: { name: { type: 'string' }, times: { type: 'integer', default: 3 } },
    required: ['name'],
  },
  do: [{ greeting: { set: 1 } }, { letter: { set: 2 } }],
});

const append = async (runId: string, ...events: NewRunEvent[]): Promise<void> => {
  const { length: expectedVersion } = await gateway.ledger.runs.events(runId);
  const appended = await gateway.ledger.runs.append({ runId, expectedVersion, events, at: new Date().toISOString() });
  expect(appended.outcome).toBe('appended');
};

const started: NewRunEvent = { type: 'RunStarted', data: {} };
const problem = { type: 'about:blank', title: 'It broke', status: 502, code: 'http.failed' };
const failed: NewRunEvent = { type: 'RunFailed', data: { problem } };
const completed = (step: string): NewRunEvent => ({ type: 'StepCompleted', data: { step, attempt: 1, result: step } });

const start = async (...events: NewRunEvent[]): Promise<string> => {
  const { runId } = await gateway.client.runs.start('idle', { name: 'Ada' });
  if (events.length > 0) await append(runId, ...events);
  return runId;
};

/** Runs of a workflow, as many as nobody would start one by one. */
const startMany = async (workflow: string, count: number): Promise<string[]> => {
  const at = new Date().toISOString();
  const runIds = Array.from({ length: count }, () => newId(Date.now()));
  const requested = { workflow, workflowVersion: 1, parameters: { name: 'x' }, cause: { kind: 'api' as const } };
  await Promise.all(
    runIds.map((runId) =>
      gateway.ledger.runs.request({
        runId,
        at,
        requested: { ...requested, chainId: runId, iteration: 1, depth: 0 },
      }),
    ),
  );
  return runIds;
};

const typesOf = async (runId: string): Promise<string[]> =>
  (await gateway.client.runs.events(runId)).map(({ type }) => type);

const isDispatched = (runId: string, version: number): boolean =>
  dispatched.some((dispatch) => dispatch.runId === runId && dispatch.version === version);

beforeAll(async () => {
  gateway = await openTestGateway();
  for (const name of ['idle', 'crowd', 'waited-for']) {
    await gateway.client.workflows.save(name, document(name));
    await gateway.client.workflows.publish(name);
  }
  gateway.bus.subscribe(subjects.allDispatches, (body) => dispatched.push(body as Dispatch));
  gateway.bus.subscribe(signals.interrupted, (body) => {
    for (const runId of (body as { runIds: string[] }).runIds) interrupted.add(runId);
  });
  gateway.bus.subscribe(signals.timers, () => timerSignals++);
});
afterAll(() => gateway?.close());

describe('a run', () => {
  it('is paused and resumed, and whoever works on it hears of both', async () => {
    const runId = await start(started);
    expect(await gateway.client.runs.pause(runId, { reason: 'wait for Ada' })).toMatchObject({
      id: runId,
      status: 'paused',
      parameters: { name: 'Ada', times: 3 },
    });
    expect((await gateway.client.runs.events(runId)).at(-1)).toMatchObject({
      type: 'RunPaused',
      data: { reason: 'wait for Ada' },
    });
    await waitFor(() => isDispatched(runId, 3) && interrupted.has(runId));
    expect(await gateway.client.runs.pause(runId)).toMatchObject({ status: 'paused' });

    expect(await gateway.client.runs.resume(runId)).toMatchObject({ status: 'running' });
    await waitFor(() => isDispatched(runId, 4));
    expect(await typesOf(runId)).toEqual(['RunRequested', 'RunStarted', 'RunPaused', 'RunResumed']);
    await expect(gateway.client.runs.resume(runId)).rejects.toMatchObject({ code: 'run.not_paused', status: 409 });
  });

  it('that is planned is scheduled again when it is resumed', async () => {
    const { runId, dueAt } = await gateway.client.schedules.create('idle', {
      in: { seconds: 4 },
      parameters: { name: 'Ada' },
    });
    await waitFor(() => timerSignals > 0);
    const signalsBefore = timerSignals;
    expect(await gateway.client.runs.pause(runId)).toMatchObject({ status: 'paused' });
    expect(await gateway.client.runs.resume(runId)).toMatchObject({ status: 'scheduled', dueAt });
    await waitFor(() => timerSignals > signalsBefore);
  });

  it('that is planned and paused can still be cancelled as a schedule', async () => {
    const { runId } = await gateway.client.schedules.create('idle', { in: { hours: 1 }, parameters: { name: 'Ada' } });
    await gateway.client.runs.pause(runId);
    expect(await gateway.client.schedules.cancel(runId)).toMatchObject({ status: 'cancelled' });
    expect(await gateway.client.runs.get(runId)).toMatchObject({ status: 'cancelled' });
  });

  it('that is cancelled gives back its locks, and whoever waits for one goes on', async () => {
    const [holder, waiter] = [await start(started), await start(started)];
    const lock = { name: 'till', step: 'greeting', leaseMs: 60_000 };
    expect(await gateway.ledger.locks.acquire({ ...lock, runId: holder })).toMatchObject({ held: true });
    expect(await gateway.ledger.locks.acquire({ ...lock, runId: waiter })).toMatchObject({ held: false });
    await gateway.client.runs.cancel(holder);
    await waitFor(() => isDispatched(waiter, Number.MAX_SAFE_INTEGER));
  });

  it('that is cancelled wakes the run that called it', async () => {
    const caller = await start(started);
    const runId = newId(Date.now());
    await gateway.ledger.runs.request({
      runId,
      at: new Date().toISOString(),
      requested: {
        workflow: 'idle',
        workflowVersion: 1,
        parameters: {},
        cause: { kind: 'call', runId: caller, step: 'greeting' },
        parentRunId: caller,
        chainId: runId,
        iteration: 1,
        depth: 1,
      },
    });
    await append(caller, { type: 'WaitStarted', data: { step: 'greeting', calledRunId: runId } });
    await gateway.client.runs.cancel(runId);
    await waitFor(() => isDispatched(caller, Number.MAX_SAFE_INTEGER));
  });

  it('that is cancelled in the middle of a step is interrupted', async () => {
    const runId = await start(started);
    await gateway.client.runs.cancel(runId);
    await waitFor(() => interrupted.has(runId));
  });

  it('that failed goes on, with the parameters that it had', async () => {
    const runId = await start(started, failed);
    expect(await gateway.client.runs.retry(runId)).toMatchObject({ id: runId, status: 'running', finishedAt: null });
    await waitFor(() => isDispatched(runId, 4));
    expect((await gateway.client.runs.events(runId)).at(-1)).toMatchObject({ type: 'RunRetried', data: {} });
  });

  it('that failed goes on with corrected ones, if they fit', async () => {
    const runId = await start(started, failed);
    await expect(gateway.client.runs.retry(runId, { parameters: { times: 'often' } })).rejects.toMatchObject({
      code: 'parameters.invalid',
      problem: { errors: [{ pointer: '/parameters/name' }, { pointer: '/parameters/times' }] },
    });
    await gateway.client.runs.retry(runId, { parameters: { name: 'Eve' } });
    expect((await gateway.client.runs.events(runId)).at(-1)).toMatchObject({
      type: 'RunRetried',
      data: { parameters: { name: 'Eve', times: 3 } },
    });
    expect(await gateway.client.runs.get(runId)).toMatchObject({ parameters: { name: 'Eve', times: 3 } });
  });

  it('stays as it is where nothing can be done', async () => {
    const running = await start(started);
    const succeeded = await start(started, { type: 'RunSucceeded', data: {} });
    const fell: NewRunEvent = { type: 'StepFailed', data: { step: 'greeting', attempt: 1, problem } };
    const undone = await start(started, fell, { type: 'StepCompensated', data: { step: 'greeting' } }, failed);
    const { runs } = gateway.client;
    await expect(runs.retry(running)).rejects.toMatchObject({ code: 'run.not_failed', status: 409 });
    await expect(runs.retry(undone)).rejects.toMatchObject({ code: 'run.compensated', status: 409 });
    await expect(runs.pause(succeeded)).rejects.toMatchObject({ code: 'run.ended', status: 409 });
    await expect(runs.cancel(succeeded)).rejects.toMatchObject({ code: 'run.ended', status: 409 });
    for (const action of ['cancel', 'pause', 'resume', 'retry', 'replay'] as const) {
      await expect(runs[action](nobody)).rejects.toMatchObject({ code: 'run.not_found', status: 404 });
      await expect(runs[action]('nonsense')).rejects.toMatchObject({ code: 'run.not_found', status: 404 });
    }
    expect(await typesOf(undone)).not.toContain('RunRetried');
  });

  it('that failed goes on though a catch had undone something on its way', async () => {
    const caught: NewRunEvent = { type: 'StepFailed', data: { step: 'a', attempt: 1, problem, handledBy: 'around' } };
    const undone: NewRunEvent = { type: 'StepCompensated', data: { step: 'greeting' } };
    const fell: NewRunEvent = { type: 'StepFailed', data: { step: 'b', attempt: 1, problem } };
    const runId = await start(started, caught, undone, fell, failed);
    await gateway.client.runs.retry(runId);
    expect(await typesOf(runId)).toContain('RunRetried');
  });

  it('takes no word that it does not know', async () => {
    const runId = await start();
    for (const [action, word] of [
      ['pause', 'because'],
      ['resume', 'reason'],
      ['retry', 'fromStep'],
      ['replay', 'step'],
    ]) {
      const response = await gateway.call('POST', `/v1/runs/${runId}/${action}`, { [word!]: 'x' });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { code: 'request.invalid', errors: [{ pointer: `/${word}` }] },
      ]);
    }
  });
});

describe('a replay', () => {
  it('is a new run like the old one', async () => {
    const oldId = await start(started, completed('greeting'), { type: 'RunSucceeded', data: {} });
    const { runId } = await gateway.client.runs.replay(oldId);
    expect(runId).not.toBe(oldId);
    expect(await gateway.client.runs.get(runId)).toMatchObject({
      workflow: 'idle',
      workflowVersion: 1,
      status: 'queued',
      parameters: { name: 'Ada', times: 3 },
      cause: { kind: 'replay', runId: oldId },
      replayOf: { runId: oldId },
      chainId: runId,
    });
    await waitFor(() => isDispatched(runId, 1));
    expect(await gateway.client.runs.get(oldId)).toMatchObject({ status: 'succeeded' });
  });

  it('begins at a step, with what was before it', async () => {
    const oldId = await start(started, completed('greeting'), completed('letter'), failed);
    const { runId } = await gateway.client.runs.replay(oldId, { fromStep: 'letter' });
    const events = await gateway.client.runs.events(runId);
    expect(events.map(({ type, data }) => ('step' in data ? `${type} ${data.step}` : type))).toEqual([
      'RunRequested',
      'RunStarted',
      'StepCompleted greeting',
    ]);
    await expect(gateway.client.runs.replay(oldId, { fromStep: 'lettre' })).rejects.toMatchObject({
      code: 'step.not_found',
      status: 404,
    });
  });

  it('may have another version and other parameters, which have to fit it', async () => {
    const name = 'grows';
    await gateway.client.workflows.save(name, document(name));
    await gateway.client.workflows.publish(name);
    const { runId: oldId } = await gateway.client.runs.start(name, { name: 'Ada' });
    await gateway.client.workflows.save(name, {
      ...document(name),
      parameters: { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] },
    });
    await gateway.client.workflows.publish(name);

    const { runs } = gateway.client;
    const same = await runs.replay(oldId);
    expect(await runs.get(same.runId)).toMatchObject({ workflowVersion: 1 });
    await expect(runs.replay(oldId, { version: 'latest' })).rejects.toMatchObject({ code: 'parameters.invalid' });
    await expect(runs.replay(oldId, { version: 7 })).rejects.toMatchObject({ code: 'workflow.not_found' });
    const newer = await runs.replay(oldId, { version: 'latest', parameters: { size: 4 } });
    expect(await runs.get(newer.runId)).toMatchObject({ workflowVersion: 2, parameters: { size: 4 } });
    const exact = await runs.replay(oldId, { version: 2, parameters: { size: 5 } });
    expect(await runs.get(exact.runId)).toMatchObject({ workflowVersion: 2, parameters: { size: 5 } });
  });
});

describe('many runs', () => {
  const CROWD = 1_150;

  it('are paused, resumed and cancelled by what they have in common, each once', async () => {
    const runIds = await startMany('crowd', CROWD);
    const { runs } = gateway.client;
    const all = { where: { workflow: 'crowd' } };
    expect(await runs.pauseMany(all, { reason: 'all of you' })).toEqual({ changed: CROWD, unchanged: [] });
    expect((await runs.search({ workflow: 'crowd', status: 'queued' })).items).toEqual([]);
    expect((await runs.events(runIds.at(-1)!)).at(-1)).toMatchObject({ data: { reason: 'all of you' } });
    await waitFor(() => runIds.every((runId) => interrupted.has(runId) && isDispatched(runId, 2)));

    expect(await runs.resumeMany({ where: { workflow: 'crowd', status: 'paused' } })).toMatchObject({ changed: CROWD });
    expect(await runs.cancelMany({ where: { ...all.where, requestedBefore: '2020-01-01T00:00:00Z' } })).toMatchObject({
      changed: 0,
    });
    expect(await runs.cancelMany({ where: { ...all.where, requestedAfter: '2020-01-01T00:00:00Z' } })).toMatchObject({
      changed: CROWD,
    });
    expect(await typesOf(runIds[0]!)).toEqual(['RunRequested', 'RunPaused', 'RunResumed', 'RunCancelled']);
    expect(await runs.retryMany(all)).toMatchObject({ changed: 0 });
  });

  it('are replayed by what they have in common, each once', async () => {
    const name = 'crowd-two';
    await gateway.client.workflows.save(name, document(name));
    await gateway.client.workflows.publish(name);
    const runIds = await startMany(name, 230);
    await gateway.client.runs.cancelMany({ where: { workflow: name } });
    const where = { workflow: name, requestedAfter: '2020-01-01T00:00:00Z' };
    expect(await gateway.client.runs.replayMany({ where })).toEqual({ changed: 230, unchanged: [] });
    const found = [];
    for (let cursor: string | undefined; ;) {
      const page = await gateway.client.runs.search({ workflow: name, status: 'queued', limit: 1_000, cursor });
      found.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(new Set(found.map(({ replayOf }) => replayOf?.runId))).toEqual(new Set(runIds));
    expect(found).toHaveLength(230);
  });

  it('that are named are told apart from those that cannot be changed', async () => {
    const [good, ended] = await Promise.all([start(), start(started, { type: 'RunSucceeded', data: {} })]);
    const answer = await gateway.client.runs.cancelMany({ ids: [good, ended, nobody] });
    expect(answer.changed).toBe(1);
    expect(answer.unchanged).toHaveLength(2);
    expect(answer.unchanged).toEqual(
      expect.arrayContaining([
        { runId: ended, status: 'succeeded', code: 'run.ended' },
        { runId: nobody, status: null, code: 'run.not_found' },
      ]),
    );
    expect(await gateway.client.runs.replayMany({ ids: [good, nobody] }, { fromStep: 'nowhere' })).toEqual({
      changed: 0,
      unchanged: [
        { runId: good, status: 'cancelled', code: 'step.not_found' },
        { runId: nobody, status: null, code: 'run.not_found' },
      ],
    });
  });

  it('that callers wait for answer them', async () => {
    const answers = [1, 2, 3].map(() => gateway.client.runs.start('waited-for', { name: 'Eve' }, { wait: '20s' }));
    const items = await waitFor(async () => {
      const page = await gateway.client.runs.search({ workflow: 'waited-for' });
      return page.items.length === 3 ? page.items : undefined;
    });
    await gateway.client.runs.cancelMany({ ids: items.map(({ id }) => id) });
    const outcomes = (await Promise.all(answers)) as RunOutcome[];
    expect(outcomes.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it.each([
    ['nothing', {}],
    ['two ways to say which', { ids: [nobody], where: { workflow: 'crowd' } }],
    ['no criterion', { where: {} }],
    ['no id', { ids: [] }],
    ['what is no id', { ids: ['x'] }],
    ['an unknown criterion', { where: { workflw: 'crowd' } }],
  ])('are not guessed: %s', async (_, body) => {
    for (const action of ['cancel', 'pause', 'resume', 'retry', 'replay']) {
      const response = await gateway.call('POST', `/v1/runs/${action}`, body);
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'request.invalid' }]);
    }
  });
});
