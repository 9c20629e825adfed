import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway({ data: 'real' });
});
afterAll(() => gateway?.close());

describe('docs/guides/bulk.md', () => {
  const guide = readFileSync(join(workspaceRoot, 'docs/guides/bulk.md'), 'utf8');
  const requests = [...guide.matchAll(/^```http\n(\w+) (\S+)\n((?:[\w-]+: [^\n]+\n)*)(?:\n(.*?))?```$/gms)];
  const imported = JSON.parse(/^```json\n(.*?)```$/ms.exec(guide)![1]!) as { errors: object[] };

  it('shows requests that do what it says', async () => {
    await gateway.client.types.declare('customer', {
      email: { kind: 'text', unique: true },
      age: { kind: 'integer' },
      plan: { kind: 'text' },
      isNew: { kind: 'boolean' },
      limit: { kind: 'integer' },
    });
    await gateway.client.workflows.save('raise-limit', { workflow: 'raise-limit', do: [{ said: { set: 1 } }] });
    await gateway.client.workflows.publish('raise-limit');
    const lines = Array.from({ length: 20 }, (_, n) => `${n}@example.com,${n === 16 ? 'old' : n},pro\n`);
    const answer = await gateway.client.imports.upload('customer', { csv: `email,age,plan\n${lines.join('')}` });
    expect(Object.keys(answer)).toEqual(expect.arrayContaining(Object.keys(imported)));
    expect(answer.errors).toEqual(imported.errors);

    const { id } = (await gateway.client.things.search('customer', { limit: 1 })).items[0]!;
    const { etag } = await gateway.client.things.getWithVersion('customer', id);
    const answers: string[] = [];
    for (const [, method, path, headers, body] of requests) {
      const given = Object.fromEntries(
        [...headers!.matchAll(/^([\w-]+): (.+)$/gm)].map(([, name, value]) => [name, value!]),
      );
      const response = await gateway.call(method!, path!.replace('0198…', id), body, {
        ...given,
        ...('If-Match' in given && { 'If-Match': etag }),
      });
      const text = await response.text();
      expect(response.ok, text).toBe(true);
      answers.push(text);
    }
    const [exported, changed, list, patched] = answers;
    expect(exported!.split('\n').slice(0, 2)).toEqual(['email,age', '0@example.com,0']);
    expect(JSON.parse(changed!)).toEqual({ changed: 19, dryRun: true });
    expect(JSON.parse(list!)).toMatchObject({ total: 19 });
    expect(JSON.parse(patched!)).toMatchObject({ id, plan: 'free' });
  });
});
