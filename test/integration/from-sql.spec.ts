import { connectBus, type Bus } from '@nightshift/messaging';
import { isFinal, streams, subjects, type DeadLetterInfo } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let sql: pg.Client;
let bus: Bus;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  sql = new pg.Client({ connectionString: platform.databaseUrl });
  await sql.connect();
  bus = await connectBus({ url: platform.nats.url, name: 'test' });
  await platform.publish('welcome', {
    parameters: {
      type: 'object',
      properties: { name: { type: 'string' }, times: { type: 'integer', default: 2 } },
      required: ['name'],
    },
    do: [{ said: { set: '=parameters.name & run.id' } }],
    return: '=parameters',
  });
  await platform.client.types.declare('orders', { total: { kind: 'number' } });
  await waitFor(async () => (await sql.query('SELECT FROM pg_replication_slots WHERE active')).rowCount === 1);
}, 60_000);

afterAll(async () => {
  await bus?.close();
  await sql?.end();
  await platform?.close();
});

/** The id that a call answers with. */
const call = async (text: string, values: unknown[] = [], on = sql): Promise<string> =>
  (await on.query<{ id: string }>(`SELECT ${text} AS id`, values)).rows[0]!.id;

/** Resolves when the trigger service has handled everything that was committed by now. */
const settled = async (): Promise<void> => {
  // When the first is there, its batch is under way; the second comes in another one, which begins when that is done.
  for (let batch = 0; batch < 2; batch++) {
    const last = await call(`nightshift.start('welcome', '{"name":"the last one"}')`);
    await waitFor(() => platform.client.runs.get(last).catch(() => undefined));
  }
};
const runsNamed = async (name: string): Promise<string[]> => {
  const { rows } = await sql.query<{ id: string }>(
    `SELECT run_id AS id FROM nightshift.run_events WHERE version = 1 AND data -> 'parameters' ->> 'name' = $1`,
    [name],
  );
  return rows.map(({ id }) => id);
};
const letterAbout = (runId: string): Promise<DeadLetterInfo> =>
  waitFor(async () => {
    const { items } = await platform.client.deadLetters.list();
    return items.find(({ payload }) => JSON.stringify(payload).includes(runId));
  });

describe('nightshift.start', () => {
  it('starts one run when its transaction is committed, with the id that it has answered', async () => {
    await sql.query('BEGIN');
    await sql.query('INSERT INTO orders (total) VALUES (3)');
    const runId = await call(`nightshift.start('welcome', jsonb_build_object('name', $1::text))`, ['Ada']);
    await expect(platform.client.runs.get(runId)).rejects.toMatchObject({ code: 'run.not_found' });
    await sql.query('COMMIT');
    const run = await waitFor(async () => {
      const view = await platform.client.runs.get(runId).catch(() => undefined);
      return view && isFinal(view.status) ? view : undefined;
    });
    expect(run).toMatchObject({
      status: 'succeeded',
      result: { name: 'Ada', times: 2 },
      depth: 0,
      cause: { kind: 'sql', startId: expect.stringMatching(/\/s0$/) as string },
      requestedBy: { kind: 'role', name: 'postgres' },
    });
    expect(await runsNamed('Ada')).toEqual([runId]);
  });

  it('starts nothing that was rolled back, wholly or to a savepoint', async () => {
    await sql.query('BEGIN');
    await call(`nightshift.start('welcome', '{"name":"Bob"}')`);
    await sql.query('ROLLBACK');
    await sql.query('BEGIN');
    const before = await call(`nightshift.start('welcome', '{"name":"Cy"}')`);
    await sql.query('SAVEPOINT one');
    await call(`nightshift.start('welcome', '{"name":"Cy"}')`);
    await sql.query('ROLLBACK TO one');
    await sql.query('SAVEPOINT two');
    const kept = await call(`nightshift.start('welcome', '{"name":"Cy"}')`);
    await sql.query('RELEASE two');
    await sql.query('COMMIT');
    await settled();
    expect(await runsNamed('Bob')).toEqual([]);
    expect((await runsNamed('Cy')).toSorted()).toEqual([before, kept].toSorted());
  });

  it('starts as many as a statement has rows', async () => {
    const { rows } = await sql.query<{ id: string }>(
      `SELECT nightshift.start('welcome', to_jsonb(person)) AS id FROM (SELECT 'row ' || n AS name FROM generate_series(1, 300) n) person`,
    );
    const ids = rows.map(({ id }) => id);
    await settled();
    expect(await runsNamed('row 300')).toEqual([ids.at(-1)]);
    for (const id of ids) expect(await platform.client.runs.get(id)).toMatchObject({ id });
  });

  it('knows the run that has made the change which it is called for', async () => {
    await sql.query(`
      CREATE FUNCTION greet() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nightshift.start('welcome', jsonb_build_object('name', 'order ' || NEW.id)); RETURN NEW; END $$;
      CREATE TRIGGER greet AFTER INSERT ON orders FOR EACH ROW WHEN (NEW.total = 77) EXECUTE FUNCTION greet()`);
    await platform.publish('order', {
      do: [{ order: { create: { type: 'orders', fields: { total: 77 } } } }],
      return: '=order',
    });
    const parent = await platform.run('order');
    await settled();
    const [started] = await runsNamed(`order ${(parent.result as { id: string }).id}`);
    expect(await platform.client.runs.get(started!)).toMatchObject({ depth: 1, parentRunId: parent.id });
  });

  it.each([
    ['a name that none can have', `nightshift.start('Welcome!')`, /'Welcome!' is not a workflow's name/, '22023'],
    ['no name', `nightshift.start(NULL)`, /NULL is not a workflow's name/, '22023'],
    [
      'parameters that are no object',
      `nightshift.start('welcome', '[1]')`,
      /must be an object, and are of type array/,
      '22023',
    ],
    ['no parameters where some were meant', `nightshift.start('welcome', NULL)`, /and are NULL/, '22023'],
    ['a key that none can have', `nightshift.start('welcome', key => '')`, /a key has 1 to 200/, '22023'],
    ['no moment', `nightshift.schedule('welcome', at => NULL)`, /at must be a moment/, '22023'],
    ['no interval', `nightshift.schedule('welcome', after => NULL)`, /after must be an interval/, '22023'],
    [
      'a moment that never comes',
      `nightshift.schedule('welcome', at => 'infinity')`,
      /infinity is not a moment/,
      '22023',
    ],
    [
      'more than fits',
      `nightshift.start('welcome', jsonb_build_object('name', repeat('x', 950000)))`,
      /a start has room for 900000/,
      '54000',
    ],
  ])('refuses %s at once', async (_what, text, message, code) => {
    await expect(call(text)).rejects.toMatchObject({ message: expect.stringMatching(message) as string, code });
  });

  it('is for roles that the group role was granted to', async () => {
    const url = new URL(platform.databaseUrl);
    const name = `app_${url.pathname.slice(1)}`;
    await sql.query(
      `CREATE ROLE ${name} LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE "${url.pathname.slice(1)}" TO ${name}`,
    );
    [url.username, url.password] = [name, 'x'];
    const app = new pg.Client({ connectionString: url.href });
    await app.connect();
    try {
      const start = () => call(`nightshift.start('welcome', '{"name":"app"}')`, [], app);
      await expect(start()).rejects.toMatchObject({ code: '42501' });
      await sql.query(`GRANT nightshift_application TO ${name}`);
      const runId = await start();
      await settled();
      expect(await platform.client.runs.get(runId)).toMatchObject({ requestedBy: { kind: 'role', name } });
      await expect(app.query('SELECT FROM nightshift.runs')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await app.end();
      await sql.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    }
  });
});

describe('nightshift.schedule', () => {
  it('schedules a run at a moment or after an interval', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const atMoment = await call(`nightshift.schedule('welcome', $1::timestamptz, '{"name":"at"}')`, [at]);
    const soon = await call(`nightshift.schedule('welcome', after => '300 ms', parameters => '{"name":"soon"}')`);
    await settled();
    expect(await platform.client.schedules.get(atMoment)).toMatchObject({ dueAt: at, status: 'scheduled' });
    expect(await platform.ended(soon)).toMatchObject({ status: 'succeeded', late: false });
  });

  it('changes what waits under its key, in order of the commits', async () => {
    const parameters = (n: number) => `jsonb_build_object('name', 'key ${n}')`;
    const first = await call(`nightshift.schedule('welcome', interval '1 hour', ${parameters(1)}, 'user:1')`);
    for (const n of [2, 3, 4])
      await call(`nightshift.schedule('welcome', interval '2 hours', ${parameters(n)}, 'user:1')`);
    await settled();
    expect(await platform.client.schedules.get(first)).toMatchObject({ parameters: { name: 'key 4' }, key: 'user:1' });
    const now = await call(`nightshift.start('welcome', ${parameters(5)}, 'user:1')`);
    expect(await platform.ended(first)).toMatchObject({ status: 'succeeded', result: { name: 'key 5', times: 2 } });
    await expect(platform.client.runs.get(now)).rejects.toMatchObject({ code: 'run.not_found' });
  });
});

describe('a start that is told again', () => {
  it('is done, also when it has changed what waited under its key', async () => {
    const told: string[] = [];
    const feed = await bus.follow(streams.changes, {
      from: 'new',
      onMessage: ({ subject, text }) => {
        if (subject === subjects.sqlStart) told.push(text);
      },
    });
    const plain = await call(`nightshift.start('welcome', '{"name":"again"}')`);
    const first = await call(`nightshift.schedule('welcome', interval '1 hour', '{"name":"first"}', 'again')`);
    const second = await call(`nightshift.start('welcome', '{"name":"second"}', 'again')`);
    expect(await platform.ended(first)).toMatchObject({ result: { name: 'second', times: 2 } });
    await waitFor(() => told.length === 3);
    await feed.close();
    for (const [index, text] of told.entries()) bus.publish(subjects.sqlStart, text, { id: `again/${index}` });
    await bus.flush();
    await settled();
    expect(await runsNamed('again')).toEqual([plain]);
    expect(await runsNamed('second')).toEqual([]);
    await expect(platform.client.runs.get(second)).rejects.toMatchObject({ code: 'run.not_found' });
  });
});

describe('a start that cannot be', () => {
  it('is put aside with its reason, and starts with its id once that is mended', async () => {
    const unknown = await call(`nightshift.start('not-there-yet')`);
    const invalid = await call(`nightshift.start('welcome', '{"name":3}')`);
    expect((await letterAbout(unknown)).reason).toMatchObject({ code: 'workflow.not_found' });
    expect((await letterAbout(invalid)).reason).toMatchObject({
      code: 'parameters.invalid',
      errors: [{ pointer: '/parameters/name', detail: 'must be string' }],
    });
    await platform.publish('not-there-yet', { do: [{ nothing: { set: 1 } }] });
    await platform.client.deadLetters.redrive((await letterAbout(unknown)).id);
    await waitFor(() => platform.client.runs.get(unknown).catch(() => undefined));
    expect(await platform.ended(unknown)).toMatchObject({ status: 'succeeded' });
  });

  it('because it was not written by the functions is put aside too, and the stream goes on', async () => {
    const emit = (content: string) =>
      sql.query(`SELECT pg_logical_emit_message(true, 'nightshift.start', $1)`, [content]);
    await emit('no json at all: forged-1');
    await emit(JSON.stringify({ runId: 'forged-2', workflow: 'welcome' }));
    await emit(JSON.stringify({ runId: 'forged-3', parameters: 'x'.repeat(1_100_000) }));
    expect((await letterAbout('forged-1')).reason).toMatchObject({ code: 'request.invalid' });
    expect((await letterAbout('forged-2')).reason).toMatchObject({ code: 'request.invalid' });
    await waitFor(async () =>
      (await platform.client.deadLetters.list()).items.some(({ reason }) => reason.code === 'request.too_large'),
    );
    await settled();
  });
});
