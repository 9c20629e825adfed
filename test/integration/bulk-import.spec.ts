import type { ImportError, ImportResult, ImportView, Page } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let sql: pg.Client;

const upload = (
  body: string | ReadableStream<Uint8Array>,
  {
    query = '',
    type = 'text/csv',
    key,
    of = 'part',
  }: { query?: string; type?: string; key?: string; of?: string } = {},
): Promise<Response> =>
  fetch(`${gateway.url}/v1/things/${of}/bulk${query}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer the-key-of-the-tests-0123456789',
      'content-type': type,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body,
    duplex: 'half',
  } as RequestInit);
const importing = async (...args: Parameters<typeof upload>): Promise<ImportResult> => {
  const response = await upload(...args);
  const answer = (await response.json()) as ImportResult;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
};
const rows = async <Row extends object>(text: string): Promise<Row[]> => (await sql.query<Row>(text)).rows;
const countOf = async (): Promise<number> => (await rows<{ n: number }>('SELECT count(*)::int AS n FROM part'))[0]!.n;

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  await gateway.client.types.declare('part', {
    code: { kind: 'text', required: true, unique: true },
    size: { kind: 'number', unique: true },
    count: { kind: 'integer' },
    weight: { kind: 'number' },
    isSold: { kind: 'boolean' },
    madeOn: { kind: 'date' },
    seenAt: { kind: 'dateTime' },
    extra: { kind: 'json' },
    tags: { kind: 'text', list: true },
    colour: { kind: 'option', options: ['red', 'green'] },
    group: { kind: 'text', required: true, default: 'none' },
  });
  await gateway.client.types.declare('node', { parent: { kind: 'reference', type: 'node' } });
  sql = new pg.Client(gateway.databaseUrl);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});
beforeEach(() => sql.query('DELETE FROM part'));

const problemsOf = (errors: ImportError[]) => errors.map(({ line, pointer, code }) => `${line} ${pointer} ${code}`);

describe('an upload of CSV', () => {
  it('makes a thing of every row, of every kind of field', async () => {
    const answer = await importing(
      [
        'code,count,weight,isSold,madeOn,seenAt,extra,tags,colour,group',
        'a,9007199254740993,1.5,true,2026-11-22,2026-11-22T15:03:11Z,"{""a"": [1]}","[""x"",""y, z""]",red,g',
        '"say ""hi"",\nyou","",,false,,,,,,',
      ].join('\r\n'),
    );
    // An empty text is no number; an empty cell is nothing.
    expect(answer).toMatchObject({ status: 'succeeded', total: 2, done: 2, succeeded: 1, failed: 1 });
    expect(answer.errors).toEqual([
      { line: 3, pointer: '/count', code: 'thing.invalid', detail: 'must be an integer' },
    ]);
    expect(await rows('SELECT code, count, "isSold", "madeOn"::text, extra, tags, colour, "group" FROM part')).toEqual([
      {
        code: 'a',
        count: '9007199254740993',
        isSold: true,
        madeOn: '2026-11-22',
        extra: { a: [1] },
        tags: ['x', 'y, z'],
        colour: 'red',
        group: 'g',
      },
    ]);
  });

  it('tells null from an empty text, and takes the default where null cannot be', async () => {
    await importing('code,group,colour\n"",,\n');
    expect(await rows('SELECT code, "group", colour FROM part')).toEqual([{ code: '', group: 'none', colour: null }]);
  });

  it('names every row that is refused, by what is checked here and by the database alike', async () => {
    await importing('code\ntaken\n');
    const lines = Array.from({ length: 2_500 }, (_, n) => `p${n},${n},\n`);
    lines[10] = 'p10,ten,\n';
    lines[11] = 'p11,"eleven\nlines",blue\n';
    lines[12] = 'p12,1\n';
    lines[1_300] = 'taken,1,\n';
    lines[1_301] = 'p1,1,\n';
    lines[2_499] = 'p"x,1,\n';
    const answer = await importing(`code,count,colour\n${lines.join('')}`);
    expect(answer).toMatchObject({ status: 'succeeded', total: 2_500, succeeded: 2_494, failed: 6 });
    expect(problemsOf(answer.errors)).toEqual([
      '12 /count thing.invalid',
      '13 /count thing.invalid',
      '13 /colour thing.invalid',
      '15  request.malformed',
      '1303 /code thing.in_conflict',
      '1304 /code thing.in_conflict',
      '2502  request.malformed',
    ]);
    expect(await countOf()).toBe(2_495);
    const pages: ImportError[] = [];
    let cursor: string | null = null;
    do {
      const page = (await (
        await gateway.call(
          'GET',
          `/v1/imports/${answer.id}/errors?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`,
        )
      ).json()) as Page<ImportError>;
      pages.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(pages).toEqual(answer.errors);
    const csv = await (await gateway.call('GET', `/v1/imports/${answer.id}/errors.csv`)).text();
    expect(csv.split('\r\n').slice(0, 2)).toEqual([
      'line,field,code,detail',
      '12,count,thing.invalid,must be an integer',
    ]);
  });

  it('refuses a file that was imported before, row by row', async () => {
    const file = `code,count\n${Array.from({ length: 1_500 }, (_, n) => `p${n},${n}\n`).join('')}`;
    await importing(file);
    const again = await importing(`${file}new,1\nnew,2\n`);
    expect(again).toMatchObject({ succeeded: 1, failed: 1_501 });
    const { items } = (await (
      await gateway.call('GET', `/v1/imports/${again.id}/errors?limit=1000&cursor=1400.1`)
    ).json()) as Page<ImportError>;
    expect(problemsOf(items).at(-1)).toBe('1503 /code thing.in_conflict');
    expect(new Set(items.map(({ detail }) => detail)).size).toBe(1);
    expect(await countOf()).toBe(1_501);
  });

  it('names a value that is taken beside one that its column cannot hold', async () => {
    await importing('code,size\na,1\n');
    const answer = await importing('code,size,count\nb,2,\nc,1,\nd,1e999,\ne,3,99999999999999999999\nf,4,\n');
    expect(answer).toMatchObject({ succeeded: 2, failed: 3 });
    expect(problemsOf(answer.errors)).toEqual([
      '3 /size thing.in_conflict',
      '4  thing.invalid',
      '5 /count thing.invalid',
    ]);
  });

  it('ends before the first row that is refused if it is to stop there', async () => {
    const lines = Array.from({ length: 1_500 }, (_, n) => `p${n},${n}\n`);
    lines[1_200] = 'p3,1\n';
    lines[1_300] = 'p1300,x\n';
    const answer = await importing(`code,count\n${lines.join('')}`, { query: '?onError=stop' });
    expect(answer).toMatchObject({ status: 'failed', total: null, succeeded: 1_200, failed: 1 });
    expect(answer.problem).toMatchObject({ code: 'thing.in_conflict', errors: [{ pointer: '/code' }] });
    expect(answer.problem?.detail).toContain('Line 1202:');
    expect(await countOf()).toBe(1_200);
  });

  it('tries everything and leaves nothing behind when it is dry', async () => {
    await importing('code\ntaken\n');
    const answer = await importing('code\na\ntaken\nb\n', { query: '?dryRun=true' });
    expect(answer).toMatchObject({ dryRun: true, succeeded: 2, failed: 1 });
    expect(await countOf()).toBe(1);
  });

  it('changes what has the same key', async () => {
    await importing('code,count,group\na,1,g\nb,2,g\n');
    const answer = await importing('code,count\na,5\nc,3\nc,4\n', { query: '?key=code' });
    expect(answer).toMatchObject({ succeeded: 3, failed: 0 });
    expect(await rows('SELECT code, count::int, "group" FROM part ORDER BY code')).toEqual([
      { code: 'a', count: 5, group: 'g' },
      { code: 'b', count: 2, group: 'g' },
      { code: 'c', count: 4, group: 'none' },
    ]);
  });

  it('takes references to earlier rows', async () => {
    const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    const lines = Array.from({ length: 3_000 }, (_, n) => `${id(n)},${n === 0 ? '' : id(n - 1)}\n`);
    expect(await importing(`id,parent\n${lines.join('')}`, { of: 'node' })).toMatchObject({
      succeeded: 3_000,
      failed: 0,
    });
  });

  it('says from where on it cannot be read, and keeps what came before', async () => {
    const answer = await importing('code,group\na,g\nb,"never closed\nc,g\n');
    expect(answer).toMatchObject({ status: 'failed', succeeded: 1, problem: { code: 'import.unreadable' } });
    expect(answer.problem?.detail).toContain('From line 3 on');
  });

  it.each([
    ['', 'request.malformed', ''],
    ['emial\nx\n', 'thing.invalid', ''],
    ['count\n1\n', 'thing.invalid', ''],
    ['code,createdAt\na,\n', 'thing.invalid', ''],
    ['code\na\n', 'thing.invalid', '?key=group'],
    ['code\na\n', 'request.invalid', '?onError=explode'],
  ])('%j is refused as a whole', async (body, code, query) => {
    expect(await (await upload(body, { query })).json()).toMatchObject({ code, status: 400 });
    expect(await countOf()).toBe(0);
  });
});

describe('an upload of NDJSON', () => {
  it('takes rows of different fields, and names those that are refused', async () => {
    const lines = ['{"code":"a","count":1}', '', '{"code":"b","tags":["x"]}', '{"code":', '[1]', '{"cod":"x"}'];
    const answer = await importing(lines.join('\n'), { type: 'application/x-ndjson' });
    expect(answer).toMatchObject({ total: 5, succeeded: 2, failed: 3 });
    expect(problemsOf(answer.errors)).toEqual([
      '4  request.malformed',
      '5  request.malformed',
      '6 /cod thing.invalid',
      '6 /code thing.invalid',
    ]);
    expect(answer.errors[2]).toMatchObject({ suggestion: 'code' });
  });

  it('knows a field that was added in psql a moment ago', async () => {
    await sql.query('ALTER TABLE part ADD COLUMN late text');
    expect(await importing('{"code":"a","late":"x"}\n', { type: 'application/x-ndjson' })).toMatchObject({ failed: 0 });
    await sql.query('ALTER TABLE part DROP COLUMN late');
  });

  it('cuts rows that are too long for one message together, and refuses those that are too long alone', async () => {
    const long = (n: number, length: number): string =>
      `${JSON.stringify({ code: `p${n}`, group: 'x'.repeat(length) })}\n`;
    const lines = [...Array.from({ length: 5 }, (_, n) => long(n, 400_000)), long(5, 2_000_000), long(6, 1)];
    const answer = await importing(lines.join(''), { type: 'application/x-ndjson' });
    expect(answer).toMatchObject({ succeeded: 6, failed: 1 });
    expect(problemsOf(answer.errors)).toEqual(['6  request.too_large']);
  });
});

describe('an upload that breaks off', () => {
  const header = 'code,count\n';
  const line = (n: number): string => `p${String(n).padStart(6, '0')},${n}\n`;
  const whole = header + Array.from({ length: 5_000 }, (_, n) => line(n)).join('');
  /** What stays open until the test breaks it off. */
  const partOf = (text: string) => {
    const ending = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(text));
        ending.signal.addEventListener('abort', () => controller.error(new Error('gone')));
      },
    });
    return { body, breakOff: () => ending.abort() };
  };
  const importOf = async (): Promise<ImportView> => {
    const { items } = (await (await gateway.call('GET', '/v1/imports?type=part&limit=1')).json()) as Page<ImportView>;
    return items[0]!;
  };

  it('goes on where it was when it is sent again with its key', async () => {
    const { body, breakOff } = partOf(whole.slice(0, 40_000));
    const first = upload(body, { key: 'again' }).catch(() => undefined);
    await waitFor(async () => (await countOf()) >= 2_000, { describe: 'two chunks' });
    const { id } = await importOf();
    breakOff();
    await first;
    await waitFor(async () => (await importOf()).status === 'broken', { describe: 'the import to be broken' });
    const answer = await importing(whole, { key: 'again' });
    expect(answer).toMatchObject({ id, status: 'succeeded', total: 5_000, succeeded: 5_000, failed: 0 });
    expect(await gateway.client.progress(id)).toMatchObject({
      kind: 'import',
      status: 'succeeded',
      done: 5_000,
      percent: 100,
    });
    expect(await countOf()).toBe(5_000);
    // And a third time, which is a repeat of the answer.
    const repeat = await upload(whole, { key: 'again' });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(await countOf()).toBe(5_000);
  });

  it('is not gone on with by another one', async () => {
    const { body, breakOff } = partOf(whole.slice(0, 40_000));
    const first = upload(body, { key: 'other' }).catch(() => undefined);
    await waitFor(async () => (await countOf()) >= 2_000, { describe: 'two chunks' });
    breakOff();
    await first;
    const other = await upload(whole.replace('p000007', 'q000007'), { key: 'other' });
    expect(await other.json()).toMatchObject({ code: 'idempotency.key_reused' });
    expect(await importing(whole, { key: 'other' })).toMatchObject({ succeeded: 5_000, failed: 0 });
  });

  it('leaves what was applied, and says how far it came', async () => {
    const { body, breakOff } = partOf(whole.slice(0, 40_000));
    const first = upload(body).catch(() => undefined);
    await waitFor(async () => (await countOf()) >= 2_000, { describe: 'two chunks' });
    breakOff();
    await first;
    const view = await waitFor(
      async () => {
        const found = await importOf();
        return found.status === 'broken' ? found : undefined;
      },
      { describe: 'the import to be broken' },
    );
    expect(view).toMatchObject({ total: null, done: await countOf() });
    expect(await gateway.client.progress(view.id)).toMatchObject({ status: 'running', stalled: true, done: view.done });
  });
});
