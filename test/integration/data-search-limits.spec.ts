import type { ExplainedSearch, SearchBody, SearchExplanation } from '@nightshift/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestData, type TestData } from './open-test-data.ts';

let stage: TestData;
const most = 1_000_000;

beforeAll(async () => {
  stage = await openTestData({ statementTimeoutMs: 2_000 });
  await stage.data.declareType({ name: 'letter', fields: { text: { kind: 'text' }, size: { kind: 'integer' } } });
});
afterAll(() => stage?.close());

describe('pages that would not fit into a message', () => {
  it('end earlier, and lead to the rest', async () => {
    // The second kind takes six bytes in JSON for each character.
    await stage.sql.query(`INSERT INTO letter (text, size)
      SELECT CASE WHEN n % 2 = 0 THEN repeat('a', 90000) ELSE repeat(chr(1), 30000) END, n FROM generate_series(1, 40) n`);
    const seen: unknown[] = [];
    let pages = 0;
    let cursor: string | undefined;
    do {
      const page = await stage.search('letter', {
        limit: 1_000,
        sort: ['-size'],
        count: true,
        ...(cursor !== undefined && { cursor }),
      });
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(most + 1_000);
      expect(page.count).toBe(40);
      seen.push(...page.items.map(({ size }) => size));
      pages++;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => 40 - index));
    expect(pages).toBeGreaterThan(3);
  });

  it('end earlier for a long cursor too', async () => {
    const pages = await stage.pages('letter', { sort: ['text'], limit: 1_000 });
    expect(pages).toHaveLength(40);
  });

  it('name the one thing that fits into none', async () => {
    const { rows } = await stage.sql.query<{ id: string }>(
      `INSERT INTO letter (text, size) VALUES (repeat('a', ${most}), 0) RETURNING id`,
    );
    const failure = await stage.refusal('letter', { where: { size: 0 } });
    expect(failure?.code).toBe('search.too_large');
    expect(failure?.message).toContain(rows[0]!.id);
    expect((await stage.search('letter', { where: { size: 1 } })).items).toHaveLength(1);
  });
});

describe('a search that takes too long', () => {
  // Takes every text apart a hundred times: minutes.
  const runaway: SearchBody = {
    where: { or: Array.from({ length: 100 }, (_, n) => ({ text: { matches: `none${n}` } })) },
  };
  beforeAll(async () => {
    await stage.data.declareType({ name: 'many', fields: { text: { kind: 'text' } } });
    await stage.sql.query(
      `INSERT INTO many (text) SELECT repeat(md5(n::text) || ' ', 60) FROM generate_series(1, 20000) AS n; ANALYZE many`,
    );
  });

  it('is stopped by what the service allows, and says so', async () => {
    const failure = await stage.refusal('many', { ...runaway, timeoutMs: 60_000 });
    expect(failure?.code).toBe('search.timeout');
  });

  it('is stopped earlier where it asks for that, and its connection serves the next one as before', async () => {
    const failure = await stage.refusal('many', { ...runaway, timeoutMs: 1 });
    expect(failure?.code).toBe('search.timeout');
    for (const _ of Array(8)) expect((await stage.search('many', { limit: 1 })).items).toHaveLength(1);
    const { rows } = await stage.data.pool.query<{ statement_timeout: string }>('SHOW statement_timeout');
    expect(rows[0]!.statement_timeout).toBe('2s');
  });

  it('may take its time where it is quick enough', async () => {
    expect((await stage.search('letter', { where: { size: 3 }, timeoutMs: 1_500 })).items).toHaveLength(1);
  });
});

describe('explain', () => {
  const explain = async (body: SearchBody): Promise<SearchExplanation> =>
    ((await stage.search('order', { ...body, explain: true })) as unknown as ExplainedSearch).explanation;

  beforeAll(async () => {
    await stage.data.declareType({ name: 'customer', fields: { name: { kind: 'text' } } });
    await stage.data.declareType({
      name: 'order',
      fields: {
        state: { kind: 'text', indexed: true },
        secret: { kind: 'text' },
        title: { kind: 'text' },
        tags: { kind: 'text', list: true },
        customer: { kind: 'reference', type: 'customer' },
      },
    });
    await stage.sql.query(`
      INSERT INTO customer (name) SELECT 'c' || n FROM generate_series(1, 100) AS n;
      INSERT INTO "order" (state, secret, title, tags)
      SELECT 's' || n, 'hush' || n, 'title ' || n, ARRAY['t' || n] FROM generate_series(1, 20000) AS n;
      ANALYZE customer, "order"`);
  });

  it('names the index that serves', async () => {
    const { reads, advice, summary } = await explain({ where: { state: 's5' } });
    expect(reads).toEqual([{ type: 'order', by: 'index', index: expect.any(String) as string, fields: ['state'] }]);
    expect(advice).toEqual([]);
    expect(summary).toContain('order is read by the index');
  });

  it('says that none does, and which declaration would help, and then it does', async () => {
    const before = await explain({ where: { secret: 'hush1' }, sort: ['title'] });
    expect(before.reads).toEqual([{ type: 'order', by: 'sequential', things: 20_000 }]);
    expect(before.isSorted).toBe(true);
    expect(before.advice).toEqual(['declare the field secret with "indexed": true']);
    await stage.data.declareType({ name: 'order', fields: { secret: { kind: 'text', indexed: true } } });
    expect((await explain({ where: { secret: 'hush1' } })).reads[0]).toMatchObject({ by: 'index', fields: ['secret'] });
  });

  it.each<[string, SearchBody, string]>([
    ['words of a field', { where: { title: { matches: '777' } } }, 'for matches: '],
    ['words of all fields', { search: '19999' }, 'for search: '],
    ['ignoreCase', { where: { title: { eq: 'TITLE 5', ignoreCase: true } } }, 'for ignoreCase: '],
    ['the start of a text', { where: { title: { startsWith: 'title 77' } } }, 'for startsWith: '],
  ])('gives the SQL of an index for %s, and that index serves', async (_name, body, prefix) => {
    const { advice } = await explain(body);
    expect(advice).toEqual([expect.stringMatching(`^${prefix}CREATE INDEX`)]);
    await stage.sql.query(`${advice[0]!.slice(prefix.length)} ANALYZE "order"`);
    expect((await explain(body)).reads[0]).toMatchObject({ by: 'index' });
  });

  it('knows that a list can be indexed', async () => {
    expect((await explain({ where: { tags: { has: 't7' } } })).advice).toEqual([
      'declare the list tags with "indexed": true',
    ]);
    await stage.data.declareType({ name: 'order', fields: { tags: { kind: 'text', list: true, indexed: true } } });
    await stage.sql.query('ANALYZE "order"');
    for (const condition of [{ has: 't7' }, { any: { in: ['t7', 't8'] } }, { hasAll: ['t7'] }])
      expect((await explain({ where: { tags: condition } })).reads[0]).toMatchObject({ by: 'index', fields: ['tags'] });
  });

  it('tells of no value', async () => {
    const explained = await explain({
      where: { secret: { in: ['hush1', 'hush2'] }, not: { title: 'hush3' }, customer: { is: { name: 'hush4' } } },
      search: 'hush5',
    });
    expect(JSON.stringify(explained)).not.toContain('hush');
  });
});

it('finds a rare word by its index, whatever order is asked for', async () => {
  await stage.data.declareType({ name: 'page', fields: { text: { kind: 'text' } } });
  await stage.sql.query(`
    INSERT INTO page (text) SELECT 'the word ' || n FROM generate_series(1, 20000) AS n;
    CREATE INDEX page_words ON page USING gin (to_tsvector('simple'::regconfig, left("text", 250000)));
    CREATE INDEX page_all_words ON page USING gin (to_tsvector('simple'::regconfig, left(coalesce("text", ''), 250000)));
    ANALYZE page`);
  // Postgres takes a word that it does not know for one of every two hundred things, and one of those is soon found in any order.
  for (const body of [{ where: { text: { matches: '777' } } }, { search: '777' }] satisfies SearchBody[]) {
    const explained = await stage.search('page', { ...body, sort: ['-id'], limit: 1, explain: true });
    expect((explained as unknown as ExplainedSearch).explanation.reads).toMatchObject([
      { index: 'search' in body ? 'page_all_words' : 'page_words' },
    ]);
    expect((await stage.search('page', { ...body, sort: ['-id'], limit: 1 })).items).toHaveLength(1);
  }
});

it('plans for the values that are asked for, however often others were', async () => {
  // One connection: what it has read is known when it is asked.
  const single = await openTestData({ connections: 1 });
  await single.data.declareType({ name: 'skewed', fields: { state: { kind: 'text', indexed: true } } });
  // A plan for any value would count either by reading every thing.
  await single.sql.query(`
    INSERT INTO skewed (state) SELECT CASE WHEN n <= 5 THEN 'rare' ELSE 'common' END FROM generate_series(1, 100000) AS n;
    ANALYZE skewed`);
  const ask = (state: string) => single.search('skewed', { where: { state }, limit: 1, count: true });
  const readSoFar = async (): Promise<number> => {
    await single.data.pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await single.sql.query<{ n: string }>(
      `SELECT seq_tup_read + idx_tup_fetch AS n FROM pg_stat_user_tables WHERE relname = 'skewed'`,
    );
    return Number(rows[0]!.n);
  };
  for (const _ of Array(20)) await ask('common');
  const before = await readSoFar();
  expect((await ask('rare')).count).toBe(5);
  expect((await readSoFar()) - before).toBeLessThan(1_000);
  await single.close();
});
