import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
let other: string;

interface Read {
  status: number;
  etag: string | null;
  paths: string[];
  schemas: Record<string, unknown>;
}

const read = async (headers: Record<string, string> = {}, url = gateway.url): Promise<Read> => {
  const response = await fetch(`${url}/openapi.json`, { headers });
  const text = await response.text();
  const { paths = {}, components } = (text === '' ? {} : JSON.parse(text)) as {
    paths?: object;
    components?: { schemas: Record<string, unknown> };
  };
  const etag = response.headers.get('etag');
  return { status: response.status, etag, paths: Object.keys(paths), schemas: components?.schemas ?? {} };
};
const asAdmin = { authorization: `Bearer ${ADMIN_KEY}` };

const publish = async (workflow: string, more: object): Promise<void> => {
  await gateway.client.workflows.save(workflow, { workflow, do: [{ nothing: { set: 1 } }], ...more });
  await gateway.client.workflows.publish(workflow);
};

beforeAll(async () => {
  gateway = await openTestGateway();
  other = (await gateway.openAnother()).url;
  await publish('for-anybody', { expose: { auth: 'none' } });
  await publish('for-users', { expose: { auth: 'user' } });
  await publish('for-keys', { expose: { auth: 'admin' } });
  await publish('for-keys-unsaid', { expose: {} });
  await publish('inside', {});
});
afterAll(() => gateway?.close());

describe('the OpenAPI document', () => {
  it('tells everybody of the contract and of what anybody or users may call, and of the rest whoever has a key', async () => {
    const forAll = await read();
    expect(forAll.paths).toEqual(expect.arrayContaining(['/v1/runs/{id}', '/wf/for-anybody', '/wf/for-users']));
    expect(forAll.paths.filter((path) => /keys(-unsaid)?$|inside/.test(path) && path.startsWith('/wf/'))).toEqual([]);
    const forKeys = await read(asAdmin);
    expect(forKeys.paths).toEqual(expect.arrayContaining(['/wf/for-keys', '/wf/for-keys-unsaid']));
    expect(forKeys.paths).not.toContain('/wf/inside');
    expect((await read({ authorization: 'Bearer not-a-key-of-anybody' })).paths).toEqual(forAll.paths);
  });

  it('tells a key that may only start some workflows of those', async () => {
    const { key } = await gateway.client.keys.create({ name: 'a starter', role: null, starts: ['for-keys'] });
    const { paths } = await read({ authorization: `Bearer ${key}` });
    expect(paths).toContain('/wf/for-keys');
    expect(paths).not.toContain('/wf/for-keys-unsaid');
  });

  it('is not sent again while it is the same, from any gateway', async () => {
    const { etag } = await read();
    expect(await read({ 'if-none-match': etag! })).toMatchObject({ status: 304, paths: [] });
    expect(await read({ 'if-none-match': `W/"other", ${etag!}` }, other)).toMatchObject({ status: 304 });
    expect((await read(asAdmin)).etag).not.toBe(etag);
  });

  it('is another one at every gateway as soon as something is published, by any of them', async () => {
    const before = await read({}, other);
    const parameters = {
      $id: 'https://example.com/odd',
      type: 'object',
      properties: { a: { $ref: '#/$defs/b' } },
      $defs: { b: {} },
    };
    await publish('new-one', { expose: { auth: 'none' }, parameters });
    // Sooner than what was read grows old by itself.
    const after = await waitFor(
      async () => {
        const now = await read({}, other);
        return now.paths.includes('/wf/new-one') ? now : undefined;
      },
      { timeoutMs: 3_000 },
    );
    expect(after.etag).not.toBe(before.etag);
    expect(after.schemas['wf.new-one.parameters']).toMatchObject({
      properties: { a: { $ref: '#/components/schemas/wf.new-one.parameters/$defs/b' } },
    });
    await publish('new-one', {});
    await waitFor(async () => !(await read({}, other)).paths.includes('/wf/new-one'), { timeoutMs: 3_000 });
    expect((await read({}, other)).etag).toBe(before.etag);
  });
});

describe('the page of it', () => {
  const load = async (path: string): Promise<{ response: Response; text: string }> => {
    const response = await fetch(gateway.url + path);
    return { response, text: await response.text() };
  };

  it('loads all that it is made of from the gateway itself', async () => {
    const { response, text } = await load('/docs');
    expect(response.headers.get('content-type')).toContain('text/html');
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, part]) => part!)
      .filter((part) => part !== 'data:,');
    expect(parts).toHaveLength(3);
    expect(text).not.toMatch(/https?:|\/\/|<script>|style=/);
    for (const part of parts) {
      const asset = await load(new URL(part, `${gateway.url}/docs`).pathname);
      expect([part, asset.response.status]).toEqual([part, 200]);
      expect(asset.response.headers.get('content-type')).toContain(
        part.endsWith('.css') ? 'text/css' : 'text/javascript',
      );
      expect(asset.response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await load('/docs/start.js')).text).toContain("url: 'openapi.json'");
    expect((await load('/docs/')).response.url).toBe(`${gateway.url}/docs`);
  });

  it('lets nothing run, load or frame it that is not its own', async () => {
    const policy = (await load('/docs')).response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toMatch(/https?:|\*/);
  });

  it.each(['nothing.js', '..%2Fpackage.json', 'swagger-ui.js', 'constructor'])('has no %s', async (name) => {
    expect((await load(`/docs/${name}`)).response.status).toBe(404);
  });
});
