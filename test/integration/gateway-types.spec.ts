import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem, TypePlan } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let sql: pg.Client;

beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
  sql = new pg.Client({ connectionString: gateway.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

describe('types through the door', () => {
  it('a change that loses something is planned, refused, confirmed and done', async () => {
    const { types, things } = gateway.client;
    await types.declare('article', { title: { kind: 'text' }, words: { kind: 'text' } });
    const article = await things.create('article', { title: 'A', words: '007' });
    const fields = { words: { kind: 'integer' } } as const;
    const plan = await types.plan('article', fields, { drop: ['title'] });
    expect(plan).toMatchObject({
      type: 'article',
      verdict: 'unconfirmed',
      steps: [
        { does: expect.stringContaining('title is dropped') as string, affected: [{ things: 1 }] },
        { takes: 'rewriting', affected: [{ things: 1, sample: [{ id: article.id, value: '007' }] }] },
      ],
    });
    const refused = await gateway.call('PUT', '/v1/types/article', { fields, drop: ['title'] });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      code: 'type.unconfirmed',
      errors: [{ pointer: '/drop' }, { pointer: '/fields/words' }],
    });
    const definition = await types.declare('article', fields, { drop: ['title'], confirm: plan.hash });
    expect(definition).toEqual({ name: 'article', fields });
    expect(await things.get('article', article.id)).toMatchObject({ words: 7 });
  });

  it('a type is deleted with the confirmation of its plan', async () => {
    const { types, things } = gateway.client;
    await types.declare('brief', {});
    await things.create('brief', {});
    const dry = await gateway.call('DELETE', '/v1/types/brief?dryRun=true');
    const plan = (await dry.json()) as TypePlan;
    expect(plan).toEqual(await types.planDeletion('brief'));
    await expect(types.delete('brief')).rejects.toMatchObject({ code: 'type.unconfirmed', status: 409 });
    expect(await types.delete('brief', plan.hash)).toEqual(plan);
    await expect(types.delete('brief', plan.hash)).rejects.toMatchObject({ code: 'type.not_found' });
  });

  it.each([
    ['PUT', '/v1/types/x?dryRun=perhaps', { fields: {} }, '/dryRun'],
    ['PUT', '/v1/types/x?dry=true', { fields: {} }, '/dry'],
    ['DELETE', '/v1/types/x?force=true', undefined, '/force'],
    ['PUT', '/v1/types/x', { fields: {}, drop: 'a' }, '/drop'],
    ['PUT', '/v1/types/x', { fields: { a: { kind: 'text', renamedFrom: 'b c' } } }, '/fields/a/renamedFrom'],
  ])('%s %s with %j is refused', async (method, path, body, pointer) => {
    const response = await gateway.call(method, path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'request.invalid', errors: [{ pointer }] });
  });
});

describe('names', () => {
  const hostile = [
    'user',
    'order',
    'select',
    'table',
    'null',
    'true',
    'a'.repeat(63),
    'a'.repeat(64),
    'a'.repeat(90),
    'A',
    'a1_',
    '_a',
    '1a',
    'a"b',
    "a'; DROP TABLE x; --",
    'a b',
    'a.b',
    'a*',
    'a>',
    'a/b',
    'a%',
    'a\u0000b',
    'ünï',
    '名前',
    '😀',
    'pg_class',
    'ctid',
    'constructor',
    '__proto__',
    'and',
    '$1',
    'a\nb',
  ];
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...hostile) },
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((some) => some !== '.' && some !== '..'),
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,62}$/),
  );

  it('are refused with their place, or are what psql finds', { timeout: 60_000 }, async () => {
    await fc.assert(
      // The door reads no JSON with the key `__proto__` at all.
      fc.asyncProperty(
        word,
        word.filter((name) => name !== '__proto__'),
        async (type, field) => {
          const response = await gateway.call('PUT', `/v1/types/${encodeURIComponent(type)}`, {
            fields: Object.fromEntries([[field, { kind: 'text' }]]),
          });
          if (response.status >= 400) {
            const problem = (await response.json()) as Problem;
            expect(['request.invalid', 'type.invalid', 'type.in_conflict']).toContain(problem.code);
            // What is no text is refused before anybody looks where it stands.
            if (/\0|\p{Surrogate}/u.test(type + field)) {
              expect(problem.detail).toContain('null character');
              return;
            }
            expect(problem.errors![0]!.pointer).toMatch(/^\/(type|name|fields\/[^]+)$/);
            return;
          }
          const names = await sql.query<{ attname: string }>(
            `SELECT a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace AND a.attname = $2`,
            [type, field],
          );
          expect(names.rows).toEqual([{ attname: field }]);
          const made = await gateway.client.things.create(type, { [field]: 'x' });
          const { rows } = await sql.query<{ value: string }>(
            `SELECT ${pg.escapeIdentifier(field)} AS value FROM ${pg.escapeIdentifier(type)} WHERE id = $1`,
            [made.id],
          );
          expect(rows).toEqual([{ value: 'x' }]);
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
  });
});

describe('docs/guides/data.md', () => {
  const guide = readFileSync(join(workspaceRoot, 'docs/guides/data.md'), 'utf8');
  const blocks = [...guide.matchAll(/^```(http|json)\n(.*?)^```$/gms)].map(([, kind, text]) => ({ kind, text: text! }));
  /** `…` of the guide stands for anything. */
  const expected = (shown: unknown): unknown => {
    if (shown === '…') return expect.anything() as unknown;
    if (Array.isArray(shown)) return shown.map(expected);
    if (typeof shown !== 'object' || shown === null) return shown;
    return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, expected(value)]));
  };

  it('shows requests that are answered as it says', async () => {
    const { things } = gateway.client;
    let hash = '';
    let sent = 0;
    for (const [index, { kind, text }] of blocks.entries()) {
      if (kind !== 'http') continue;
      const [, method, path, body] = /^(\w+) (\S+)\n\n(.*)$/s.exec(text)!;
      const response = await gateway.call(method!, path!, JSON.parse(body!.replace('{hash}', hash)));
      expect(response.status).toBe(200);
      const answer = (await response.json()) as { hash?: string };
      const next = blocks[index + 1];
      if (next?.kind === 'json') expect(answer).toEqual(expected(JSON.parse(next.text)));
      hash = answer.hash ?? hash;
      if (sent++ === 0) {
        await things.create('book', { title: 'A', pages: 'about 300', tags: ['novel'] });
        await things.create('book', { title: 'B', pages: '012', tags: [] });
      }
    }
    const { items } = await things.search('book', { sort: ['name'] });
    expect(items.map(({ name, pages, state }) => [name, pages, state])).toEqual([
      ['A', null, 'draft'],
      ['B', 12, 'draft'],
    ]);
  });
});
