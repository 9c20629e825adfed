import { join } from 'node:path';
import { createClient, type Client, type RunHandle } from '@nightshift/client';
import { generateTypes } from '@nightshift/client/types';
import { workspaceRoot } from '@nightshift/testing';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';
import type { FiveWays } from '../../examples/five-ways/deployment.ts';
import { load } from '../../examples/five-ways/load.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
});
afterAll(() => gateway?.close());

const publish = async (name: string, document: object): Promise<void> => {
  await gateway.client.workflows.save(name, { workflow: name, do: [{ nothing: { set: null } }], ...document });
  await gateway.client.workflows.publish(name);
};

/** What the compiler says about a module. */
const mistakesIn = (text: string): string[] => {
  const file = join(workspaceRoot, 'deployment.ts');
  const host = ts.createCompilerHost({});
  const { fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? text : readFile(path));
  const program = ts.createProgram([file], { strict: true, noEmit: true, lib: ['lib.es2024.d.ts'], types: [] }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
};

describe('the types of a deployment', () => {
  it('are those of the example (`vitest -u` writes them)', async () => {
    await load({ gatewayUrl: gateway.url, adminKey: ADMIN_KEY });
    const path = join(workspaceRoot, 'examples/five-ways/deployment.ts');
    const text = await generateTypes(gateway.client, { name: 'FiveWays' });
    expect(text).toBe(await generateTypes(gateway.client, { name: 'FiveWays' }));
    const formatted = await format(text, { ...(await resolveConfig(path)), filepath: path });
    await expect(formatted).toMatchFileSnapshot(path);
  });

  it('are right whatever schemas hold, and say nothing of what is not published', async () => {
    const user = { title: 'User', type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    await publish('odd-one', {
      title: 'Ends */ a comment',
      parameters: {
        type: 'object',
        properties: { user, 'a-b': { enum: ['x"y', 2, null] }, pair: { $ref: '#/$defs/pair' } },
        required: ['user', 'a-b'],
        $defs: { pair: { type: 'array', items: { $ref: '#/$defs/leaf' } }, leaf: { type: 'integer', default: 1 } },
      },
      return: {},
      returns: { title: 'User', type: 'object', properties: { user: { ...user, title: 'User' } } },
    });
    await publish('without-schemas', {});
    await gateway.client.workflows.save('only-a-draft', { workflow: 'only-a-draft', do: [{ a: { set: 1 } }] });
    await gateway.client.types.declare('odd', {
      state: { kind: 'option', options: ['a"b', 'c'], required: true, list: true },
      anything: { kind: 'json' },
    });
    const text = await generateTypes(gateway.client);
    expect(mistakesIn(text)).toEqual([]);
    expect(text).not.toContain('only-a-draft');
    expect(text).toContain('"without-schemas": { parameters: Record<string, unknown>; result: unknown };');
    expect(text).toContain('"state": ("a\\"b" | "c")[]');

    const use = (parameters: string): string[] =>
      mistakesIn(`${text}\nexport const given: Deployment['workflows']['odd-one']['parameters'] = ${parameters};`);
    expect(use(`{ user: { name: 'Ada' }, 'a-b': 2, pair: [1, 2] }`)).toEqual([]);
    expect(use(`{ user: { name: 'Ada' }, 'a-b': 3 }`)).not.toEqual([]);
    expect(use(`{ user: {}, 'a-b': null }`)).not.toEqual([]);
    expect(use(`{ user: { name: 'Ada' }, 'a-b': null, pair: ['one'] }`)).not.toEqual([]);
  });

  it('read no file that a schema names', async () => {
    const source = (parameters: object) => ({
      types: { list: async () => [] },
      workflows: {
        list: async () => [{ name: 'spy', version: 1, draft: false, publishedVersion: 1 }],
        version: async () => ({
          version: 1,
          published: true,
          createdAt: '',
          publishedAt: null,
          document: { parameters },
        }),
      },
    });
    const file = join(workspaceRoot, 'docs/schemas/workflow.schema.json');
    for (const $ref of [file, `file://${file}`, 'http://127.0.0.1:9/schema.json']) {
      const text = await generateTypes(source({ type: 'object', properties: { a: { $ref } } }));
      expect(text).toContain('"spy": { parameters: Record<string, unknown>; result: unknown };');
    }
  });
});

it('a client knows what its deployment has', () => {
  const typed = createClient<FiveWays>({ url: 'http://gateway' });
  expectTypeOf(typed.start<'count-down'>).returns.resolves.toEqualTypeOf<RunHandle<unknown>>();
  expectTypeOf(typed.things.get<'users'>)
    .returns.resolves.toHaveProperty('trial')
    .toEqualTypeOf<number>();
  expectTypeOf(typed.things.get<'users'>)
    .returns.resolves.toHaveProperty('welcomed')
    .toEqualTypeOf<string | null>();
  expectTypeOf<Client>().toHaveProperty('wf').toBeCallableWith('anything', { at: 'all' });

  /** Never called: the compiler says whether each line is right. */
  const checked = async (): Promise<void> => {
    await typed.start('welcome-user', { user: 'id' });
    await typed.start('hello');
    await typed.wf('sign-up', { name: 'Ada', email: 'ada@example.com' });
    await typed.schedule('welcome-user', { in: { days: 1 }, parameters: { user: 'id', pause: 2 } });
    await typed.startList('send-newsletter', { query: { type: 'users' }, as: 'user', parameters: { subject: 'News' } });
    await typed.recurrences.put('count-users', 'hourly', { every: { hours: 1 } });
    await typed.things.create('users', { name: 'Ada', email: 'ada@example.com' });
    await typed.things.change('users', 'id', { plan: 'pro' });
    for await (const { email } of typed.things.all('users')) email.toUpperCase();

    // @ts-expect-error there is no such workflow
    await typed.start('welcome-users', { user: 'id' });
    // @ts-expect-error it needs a user
    await typed.start('welcome-user');
    // @ts-expect-error a user is a text
    await typed.start('welcome-user', { user: 1 });
    // @ts-expect-error it takes no such parameter
    await typed.wf('sign-up', { name: 'Ada', email: 'ada@example.com', age: 3 });
    // @ts-expect-error it needs a user
    await typed.schedule('welcome-user', { in: { days: 1 } });
    // @ts-expect-error it has no such parameter
    await typed.startList('send-newsletter', { items: [], as: 'users' });
    // @ts-expect-error a user needs an address
    await typed.things.create('users', { name: 'Ada' });
    // @ts-expect-error users have no such field
    await typed.things.change('users', 'id', { plans: 'pro' });
    // @ts-expect-error there is no such type
    await typed.things.get('user', 'id');
  };
  expect(checked).toBeTypeOf('function');
});
