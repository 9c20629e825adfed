import { isFinal, type DeadLetterInfo, type RunView } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
}, 60_000);
afterAll(() => platform?.close());

const runsOf = async (workflow: string): Promise<RunView[]> =>
  (await platform.client.runs.search({ workflow, limit: 200 })).items;
const endedRuns = (workflow: string, count: number): Promise<RunView[]> =>
  waitFor(async () => {
    const runs = await runsOf(workflow);
    return runs.length >= count && runs.every(({ status }) => isFinal(status)) ? runs : undefined;
  });
/** Resolves when everything that was taken in by now has been matched. */
const matched = (): Promise<unknown> =>
  waitFor(
    async () => (await platform.query('SELECT FROM nightshift.outside_events WHERE matched_at IS NULL')).length === 0,
  );
const parts = { do: [{ nothing: { set: 1 } }] };
const event = { source: '/shop', type: 'order.paid', subject: '17', data: { id: '17', sum: 30 } };
let sent = 0;
const send = (more: object = {}) => platform.client.sendEvent({ ...event, id: `e${sent++}`, ...more });

describe('an outside event', () => {
  it('starts the workflows whose trigger it meets, once, with what it was', async () => {
    await platform.publish('thank', {
      parameters: {
        type: 'object',
        properties: { order: { type: 'string' }, template: { type: 'string', default: 'thanks' } },
        required: ['order'],
      },
      triggers: [
        { event: 'order.paid', source: '/shop', when: '=event.data.sum > 10', parameters: { order: '=event.data.id' } },
      ],
      ...parts,
      return: { parameters: '=parameters', event: '=trigger.event' },
    });
    await platform.publish('other', {
      triggers: [{ event: 'order.paid', source: '/bank' }, { event: 'order' }],
      ...parts,
    });
    await platform.publish('about-18', { triggers: [{ event: 'order.paid', subject: '18' }], ...parts });
    const time = '2026-11-01T10:00:00.000Z';
    expect(await send({ id: 'paid', time })).toEqual({ id: 'paid', isNew: true, woken: 0, matching: true });
    await send({ id: 'small', data: { id: '17', sum: 3 } });
    const [run] = await endedRuns('thank', 1);
    await matched();
    for (let repeat = 0; repeat < 5; repeat++)
      expect(await send({ id: 'paid', time })).toMatchObject({ isNew: false, matching: false });
    await send({ id: 'about-18', subject: '18', data: null });
    await matched();
    expect(run).toMatchObject({
      status: 'succeeded',
      cause: { kind: 'event', source: '/shop', eventId: 'paid' },
      depth: 0,
      result: {
        parameters: { order: '17', template: 'thanks' },
        event: { id: 'paid', source: '/shop', type: 'order.paid', subject: '17', time, data: { id: '17', sum: 30 } },
      },
    });
    expect(
      [await runsOf('thank'), await runsOf('other'), await runsOf('about-18')].map(({ length }) => length),
    ).toEqual([1, 0, 1]);
  });

  it('meets a workflow that was published just before', async () => {
    for (let round = 0; round < 5; round++) {
      await platform.publish(`round-${round}`, {
        triggers: [{ event: 'round', when: `event.data = ${round}` }],
        ...parts,
      });
      await send({ type: 'round', data: round });
    }
    for (let round = 0; round < 5; round++) await endedRuns(`round-${round}`, 1);
  });

  it('that was taken in before a workflow was published does not start it', async () => {
    await send({ type: 'early' });
    await matched();
    await platform.publish('late', { triggers: [{ event: 'early' }], ...parts });
    await send({ type: 'early', id: 'later' });
    const runs = await endedRuns('late', 1);
    expect(runs.map(({ cause }) => cause)).toEqual([{ kind: 'event', source: '/shop', eventId: 'later' }]);
  });

  it('that a run has emitted starts others one deeper, until their depth holds them', async () => {
    await platform.publish('circle', {
      guards: { depth: 2 },
      triggers: [{ event: 'circle.turned' }],
      do: [{ turn: { emit: { type: 'circle.turned' } } }],
    });
    const first = await platform.start('circle');
    const held = await waitFor(async () => (await runsOf('circle')).find(({ status }) => status === 'paused'));
    const runs = (await runsOf('circle')).toSorted((a, b) => a.depth - b.depth);
    expect(runs.map(({ depth }) => depth)).toEqual([0, 1, 2, 3]);
    expect(runs.map(({ parentRunId }) => parentRunId)).toEqual([null, first, runs[1]!.id, runs[2]!.id]);
    expect(held).toMatchObject({ depth: 3, heldBy: 'depth' });
  });

  it('whose trigger cannot be decided is put aside, and can be looked at again', async () => {
    await platform.publish('strict', {
      parameters: { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] },
      triggers: [{ event: 'sum', parameters: { sum: '=event.data.sum' } }],
      ...parts,
    });
    await platform.publish('broken', { triggers: [{ event: 'sum', when: '$sum(event.data.words)' }], ...parts });
    await send({ id: 'no-sum', type: 'sum', data: { words: 'three' } });
    const letters = await waitFor(async () => {
      const { items } = await platform.client.deadLetters.list();
      const about = items.filter(({ payload }) => (payload as { id?: string }).id === 'no-sum');
      return about.length === 2 ? about : undefined;
    });
    const codes = (all: DeadLetterInfo[]) => all.map(({ reason }) => reason.code).toSorted();
    expect(codes(letters)).toEqual(['expression.failed', 'parameters.invalid']);
    await platform.publish('strict', { triggers: [{ event: 'sum' }], ...parts });
    for (const { id } of letters) await platform.client.deadLetters.redrive(id);
    expect(await endedRuns('strict', 1)).toHaveLength(1);
  });
});

describe('what an event starts', () => {
  it('is found also if whoever took it in died before it could tell', async () => {
    await platform.publish('untold', { triggers: [{ event: 'untold' }], ...parts });
    await platform.query(
      `INSERT INTO nightshift.outside_events (id, source, type, subject, time, data) VALUES ('u1', '/shop', 'untold', '', now(), 'null')`,
    );
    await endedRuns('untold', 1);
  });

  it('has started once, also if whoever started it died before it was marked', async () => {
    const before = await platform.query(`SELECT id FROM nightshift.runs WHERE cause ->> 'kind' = 'event' ORDER BY id`);
    expect(before.length).toBeGreaterThan(8);
    await platform.query('UPDATE nightshift.outside_events SET matched_at = NULL');
    await matched();
    // What was published since may add runs, as of an event that comes again; none of those before comes twice.
    const after = await platform.query(
      `SELECT cause::text, workflow, count(*) FROM nightshift.runs WHERE cause ->> 'kind' = 'event' GROUP BY 1, 2 HAVING count(*) > 1`,
    );
    expect(after).toEqual([]);
  });
});

describe('a change', () => {
  it('gives its run what its trigger says', async () => {
    await platform.client.types.declare('paid', { sum: { kind: 'number' } });
    await platform.publish('on-paid', {
      parameters: {
        type: 'object',
        properties: { double: { type: 'number' }, word: { type: 'string', default: 'x' } },
        required: ['double'],
      },
      triggers: [{ change: 'paid', kinds: ['created'], parameters: { double: '=now.sum * 2' } }],
      ...parts,
      return: '=parameters',
    });
    await platform.client.things.create('paid', { sum: 21 });
    expect((await endedRuns('on-paid', 1))[0]).toMatchObject({ result: { double: 42, word: 'x' } });
  });
});

describe('a document with event triggers', () => {
  it.each([
    [{ triggers: [{ event: 'a', when: 'evnt.id' }] }, '/triggers/0/when'],
    [{ triggers: [{ event: 'a', parameters: { x: '=now.id' } }] }, '/triggers/0/parameters/x'],
    [{ triggers: [{ event: 'a', kinds: ['created'] }] }, '/triggers/0/kinds'],
    [{ triggers: [{ event: '' }] }, '/triggers/0/event'],
    [{ triggers: [{ event: 'a' }], return: '=trigger.evnt' }, '/return'],
  ])('is refused with its mistake: %j', async (part, pointer) => {
    await expect(
      platform.client.workflows.save('mistaken', { workflow: 'mistaken', ...parts, ...part }),
    ).rejects.toMatchObject({
      code: 'workflow.invalid',
      problem: { errors: [expect.objectContaining({ pointer })] },
    });
  });
});
