import { describe, expect, it } from 'vitest';
import { createTestbed, noConnection, type FieldsOf, type TestbedOptions } from './index.ts';

const users: Record<string, FieldsOf> = {
  users: {
    name: { kind: 'text', required: true },
    plan: { kind: 'option', options: ['free', 'pro'], default: 'free' },
    trial: { kind: 'integer', default: 0 },
    remindedAt: { kind: 'dateTime' },
  },
};
const testbed = (workflows: string[], more: Partial<TestbedOptions> = {}) =>
  createTestbed({ workflows, types: users, ...more });

const pay = `
workflow: pay
timeout: { hours: 1 }
do:
  - charge:
      http: { method: POST, url: https://pay.example.com/charges, body: { amount: 5 }, timeout: { seconds: 10 } }
      retry: { delay: { seconds: 30 }, backoff: exponential, limit: { attempts: 4 } }
return: =charge.body
`;

describe('time', () => {
  const remind = `
workflow: remind
parameters: { type: object, properties: { user: { type: string } }, required: [user] }
do:
  - pause: { wait: { days: 30 } }
  - mark: { change: { type: users, id: =parameters.user, fields: { remindedAt: =$now() } } }
`;

  it('passes when it is told to, to the moment', async () => {
    const bed = testbed([remind]);
    const ada = await bed.things('users').create({ name: 'Ada' });
    const run = await bed.start('remind', { user: ada.id });
    expect(run.status).toBe('waiting');
    await bed.advance('29 days 23 hours');
    expect(run.status).toBe('waiting');
    await bed.advance('1 hour');
    expect(run).toMatchObject({ status: 'succeeded', finishedAt: '2026-01-31T00:00:00.000Z' });
    expect(bed.things('users').get(ada.id)).toMatchObject({ remindedAt: '2026-01-31T00:00:00.000Z' });
    expect(run.outline).toEqual([
      'RunRequested',
      'RunStarted',
      'WaitStarted pause',
      'TimerFired',
      'StepCompleted pause',
      'StepCompleted mark',
      'RunSucceeded',
    ]);
  });

  it('is told in words or as in workflows, and refuses what is neither', async () => {
    const bed = testbed([remind]);
    await bed.advance('1 hour 30 minutes');
    await bed.advance({ minutes: 30 });
    await bed.advance('PT1M');
    await bed.advanceTo('2026-01-01T03:00:00Z');
    expect(bed.now.toISOString()).toBe('2026-01-01T03:00:00.000Z');
    await expect(bed.advance('soon')).rejects.toThrow('is no length of time');
  });

  it('reaches what is scheduled, in the order in which it is due', async () => {
    const bed = testbed(['{workflow: note, do: [{said: {set: =parameters.text}}]}']);
    await bed.schedule('note', { at: '2026-01-02T00:00:00Z' }, { text: 'second' });
    await bed.schedule('note', { in: '1 hour' }, { text: 'first' });
    await bed.advance('2 days');
    const ended = bed.runs('note').toSorted((a, b) => (a.finishedAt! < b.finishedAt! ? -1 : 1));
    expect(ended.map(({ parameters, finishedAt }) => [parameters['text'], finishedAt])).toEqual([
      ['first', '2026-01-01T01:00:00.000Z'],
      ['second', '2026-01-02T00:00:00.000Z'],
    ]);
  });

  it('goes by the clocks of a recurrence, over the change to summer time', async () => {
    const bed = testbed(['{workflow: morning, do: [{at: {set: =$now()}}], return: =at}'], {
      now: '2026-03-28T00:00:00Z',
    });
    await bed.recur('morning', 'daily', { cron: '30 7 * * *', timeZone: 'Europe/Berlin' });
    await bed.advance('3 days');
    expect(bed.runs('morning').map(({ result }) => result)).toEqual([
      '2026-03-28T06:30:00.000Z',
      '2026-03-29T05:30:00.000Z',
      '2026-03-30T05:30:00.000Z',
    ]);
  });
});

describe('the world outside', () => {
  it('is what the test says: an overload, then a charge', async () => {
    const bed = testbed([pay]);
    bed.http.on('POST https://pay.example.com/charges', { status: 503 }, noConnection, {
      status: 201,
      body: { id: 'ch_1' },
    });
    const run = await bed.start('pay');
    expect(run.status).toBe('waiting');
    await bed.advance('30 seconds');
    await bed.advance('1 minute');
    expect(run).toMatchObject({ status: 'succeeded', result: { id: 'ch_1' } });
    expect(run.step('charge')).toEqual({
      status: 'completed',
      attempts: 3,
      result: expect.objectContaining({ status: 201 }) as unknown,
    });
    expect(new Set(bed.http.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(bed.http.requests[0]).toMatchObject({ method: 'POST', body: { amount: 5 }, attempt: 1 });
  });

  it('may be slow: the step gives up at its time', async () => {
    const bed = testbed([pay]);
    bed.http.on('POST https://pay.example.com/*', { after: '1 minute' });
    const run = await bed.start('pay');
    await bed.advance('9 seconds');
    expect(run.status).toBe('running');
    await bed.advance('1 second');
    expect(run.outline.at(-1)).toBe('StepRetried charge http.timeout');
  });

  it('may ask for patience: Retry-After makes the delay longer', async () => {
    const bed = testbed([pay]);
    bed.http.on('* https://pay.example.com/charges', { status: 429, headers: { 'Retry-After': '600' } }, { body: 1 });
    const run = await bed.start('pay');
    await bed.advance('9 minutes 59 seconds');
    expect(run.status).toBe('waiting');
    await bed.advance('1 second');
    expect(run.status).toBe('succeeded');
  });

  it('is not there by itself: a call that nobody answers fails the test, and says what to write', async () => {
    await expect(testbed([pay]).start('pay')).rejects.toThrow("http.on('POST https://pay.example.com/charges'");
  });

  it('keeps mails', async () => {
    const bed = testbed([
      '{workflow: write, do: [{mail: {email: {to: ada@example.com, subject: Hello, text: "=\'Dear \' & parameters.name"}}}]}',
    ]);
    await bed.start('write', { name: 'Ada' });
    expect(bed.mails).toMatchObject([{ to: ['ada@example.com'], subject: 'Hello', text: 'Dear Ada', step: 'mail' }]);
  });
});

describe('what starts workflows', () => {
  const welcome = `
workflow: welcome
triggers: [{ change: users, kinds: [changed], when: "before.plan = 'free' and now.plan = 'pro'" }]
do: [{ note: { change: { type: users, id: =trigger.now.id, increment: { trial: 1 } } } }]
`;

  it('a change that the test makes, or that a workflow makes', async () => {
    const bed = testbed([
      welcome,
      '{workflow: upgrade, do: [{all: {changeList: {type: users, where: {plan: free}, fields: {plan: pro}}}}]}',
    ]);
    const ada = await bed.things('users').create({ name: 'Ada' });
    await bed.things('users').change(ada.id, { trial: 3 });
    expect(bed.runs('welcome')).toHaveLength(0);
    await bed.start('upgrade');
    expect(bed.lastRun('welcome').status).toBe('succeeded');
    expect(bed.things('users').find({ name: 'Ada' })).toMatchObject({ plan: 'pro', trial: 4 });
  });

  it('an event, once; and one that a run waits for', async () => {
    const bed = testbed([
      '{workflow: book, triggers: [{event: order.paid, parameters: {order: =event.subject}}], do: [{o: {set: =parameters.order}}], return: =o}',
      '{workflow: ship, do: [{paid: {waitFor: {event: order.paid, key: =parameters.order}, timeout: {days: 3}}}], return: =paid.data.total}',
    ]);
    const [shipped, other] = [await bed.start('ship', { order: 'A-1' }), await bed.start('ship', { order: 'A-2' })];
    for (let times = 0; times < 2; times++)
      await bed.send({ type: 'order.paid', subject: 'A-1', data: { total: 30 }, id: 'evt_1' });
    expect(shipped).toMatchObject({ status: 'succeeded', result: 30 });
    expect(bed.runs('book').map(({ result }) => result)).toEqual(['A-1']);
    await bed.advance('3 days');
    expect(other).toMatchObject({ status: 'failed', problem: { code: 'step.timeout' } });
  });

  it('a list: one run for each item, at its pace, and one at the end', async () => {
    const bed = testbed([
      '{workflow: send, do: [{sent: {if: parameters.n = 2, raise: {type: no.address, title: No address}}}]}',
      '{workflow: report, do: [{r: {set: =parameters}}], return: =r}',
    ]);
    const list = await bed.list('send', [1, 2, 3], { as: 'n', interval: '1 minute', onComplete: 'report' });
    expect(list).toMatchObject({ status: 'running', done: 1 });
    await bed.advance('2 minutes');
    expect(list).toMatchObject({ status: 'succeeded', counts: { total: 3, succeeded: 2, failed: 1 } });
    expect(bed.lastRun('report').result).toMatchObject({ listId: list.id, total: 3, failed: 1 });
  });

  it('itself, until it is done; a guard holds what goes on for too long', async () => {
    const countDown = (guard: string): string => `
workflow: count-down
${guard}
do:
  - next: { if: parameters.n > 1, schedule: { workflow: count-down, in: { hours: 1 }, parameters: { n: =parameters.n - 1 } } }
`;
    const bed = testbed([countDown('')]);
    await bed.start('count-down', { n: 5 });
    await bed.advance('1 day');
    expect(bed.runs('count-down').map(({ iteration, status }) => [iteration, status])).toEqual(
      [1, 2, 3, 4, 5].map((iteration) => [iteration, 'succeeded']),
    );
    const guarded = testbed([countDown('guards: { cycles: 3 }')]);
    await guarded.start('count-down', { n: 5 });
    await guarded.advance('1 day');
    expect(guarded.lastRun('count-down')).toMatchObject({ iteration: 4, status: 'paused' });
  });
});

describe('a run', () => {
  it('keeps others out by a lock, for as long as it goes on', async () => {
    const bed = testbed([
      '{workflow: move, do: [{alone: {lock: {name: stock, do: [{pause: {wait: {minutes: 5}}}, {at: {set: =$now()}}]}}}], return: =alone}',
    ]);
    const runs = [await bed.start('move'), await bed.start('move')];
    await bed.advance('1 hour');
    expect(runs.map(({ result }) => result)).toEqual(['2026-01-01T00:05:00.000Z', '2026-01-01T00:10:00.000Z']);
  });

  it('undoes all of a transaction when one step of it fails', async () => {
    const bed = testbed([
      '{workflow: both, do: [{all: {transaction: [{a: {create: {type: users, fields: {name: Ada}}}}, {no: {raise: {type: not.now, title: Not now}}}]}}]}',
    ]);
    expect(await bed.start('both')).toMatchObject({ status: 'failed', problem: { type: 'not.now' } });
    expect(bed.things('users').all).toEqual([]);
  });

  it('can be paused, resumed, cancelled and retried', async () => {
    const bed = testbed([pay, '{workflow: nap, do: [{pause: {wait: {hours: 1}}}]}']);
    const nap = await bed.start('nap');
    await bed.pause(nap);
    await bed.advance('2 hours');
    expect(nap.status).toBe('paused');
    await bed.resume(nap);
    expect(nap.status).toBe('succeeded');
    await expect(bed.cancel(nap)).rejects.toThrow('is succeeded');

    bed.http.on('POST https://pay.example.com/charges', { status: 400 }, { body: 'paid' });
    const run = await bed.start('pay');
    expect(run.status).toBe('failed');
    await bed.retry(run);
    expect(run).toMatchObject({ status: 'succeeded', result: 'paid' });
  });

  it('goes on by the version that it began with', async () => {
    const version = (says: string): string => `{workflow: say, do: [{pause: {wait: {hours: 1}}}], return: ${says}}`;
    const bed = testbed([version('old')]);
    const old = await bed.start('say');
    bed.publish(version('new'));
    const fresh = await bed.start('say');
    await bed.advance('1 hour');
    expect([old.result, fresh.result]).toEqual(['old', 'new']);
  });
});

describe('mistakes', () => {
  it('in a document are named with their place and the nearest word', () => {
    expect(() => testbed(['{workflow: w, do: [{user: {get: {type: user, id: x}}}]}'])).toThrow(
      /"w" has mistakes:\n {2}\/do\/0\/user\/get\/type .*did you mean users\?/,
    );
  });

  it('in parameters refuse the start', async () => {
    const bed = testbed([
      '{workflow: w, parameters: {type: object, properties: {a: {type: string}}, required: [a]}, do: [{s: {set: 1}}]}',
    ]);
    await expect(bed.start('w')).rejects.toMatchObject({ code: 'parameters.invalid' });
    await expect(bed.start('v')).rejects.toMatchObject({ code: 'workflow.not_found' });
  });

  it("in a step's name say which steps there are", async () => {
    const bed = testbed(['{workflow: w, do: [{s: {set: 1}}]}']);
    const run = await bed.start('w');
    expect(() => run.step('t')).toThrow('it has s');
  });
});
