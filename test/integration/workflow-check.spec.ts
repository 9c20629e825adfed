import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowCheck } from '@nightshift/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let cli: CommandLine;
let waiting: string;

/** Big orders wait for a person; small ones are done. */
const document = (limit: number, more: unknown[] = []) => ({
  workflow: 'approve-order',
  do: [
    { isBig: { set: `=parameters.total > ${limit}` } },
    ...more,
    { approval: { if: 'isBig', waitFor: { event: 'order.approved', key: '=run.id' } } },
  ],
  return: { isBig: '=isBig' },
});

beforeAll(async () => {
  platform = await openTestPlatform();
  cli = openCommandLine(platform);
  await platform.publish('approve-order', document(100));
  await platform.run('approve-order', { total: 10 });
  await platform.run('approve-order', { total: 60 });
  waiting = await platform.start('approve-order', { total: 150 });
  await platform.happened(waiting, ({ type }) => type === 'WaitStarted');
});
afterAll(async () => {
  cli?.close();
  await platform?.close();
});

const counts = ({ checked, agree, openRuns }: WorkflowCheck) => [checked, agree, openRuns];

describe('POST /v1/workflows/{name}/check', () => {
  const check = (body?: string | object) => platform.client.workflows.check('approve-order', body);

  it('finds nothing with the version that the runs have', async () => {
    const found = await check();
    expect(counts(found)).toEqual([3, 3, 1]);
    expect(found.differ).toEqual([]);
  });

  it('names the ended runs that would have gone another way with a document that is not saved', async () => {
    const found = await check(document(50));
    expect(counts(found)).toEqual([3, 2, 1]);
    expect(found.differ).toMatchObject([
      {
        status: 'succeeded',
        version: 1,
        event: 3,
        step: 'isBig',
        expected: 'StepCompleted isBig = true',
        found: 'StepCompleted isBig = false',
      },
    ]);
    expect(await platform.client.workflows.get('approve-order')).toMatchObject({ version: 1 });
  });

  it('names the open runs that a step too many would lead elsewhere, in YAML too', async () => {
    const found = await check(stringify(document(100, [{ noted: { if: 'isBig', log: 'Big' } }])));
    const open = found.differ.find(({ runId }) => runId === waiting);
    expect(open).toMatchObject({
      status: 'waiting',
      event: 4,
      step: 'approval',
      expected: 'LogWritten noted "Big"',
      found: 'WaitStarted approval',
    });
  });

  it('takes a saved version', async () => {
    await platform.client.workflows.save('approve-order', document(50));
    expect(counts(await check({ version: 1 }))).toEqual([3, 3, 1]);
    expect(counts(await check({ version: 2 }))).toEqual([3, 2, 1]);
    expect(counts(await check())).toEqual([3, 2, 1]);
  });

  it.each([
    ['a workflow that is not there', 'nothing', {}, 'workflow.not_found'],
    ['a version that is not there', 'approve-order', { version: 9 }, 'workflow.not_found'],
    ['a version that is none', 'approve-order', { version: 'x' }, 'request.invalid'],
    ['a document with mistakes', 'approve-order', { workflow: 'approve-order', do: [] }, 'workflow.invalid'],
    ['a document of another workflow', 'approve-order', { ...document(1), workflow: 'other' }, 'workflow.invalid'],
  ])('refuses %s', async (_, name, body, code) => {
    await expect(platform.client.workflows.check(name, body)).rejects.toMatchObject({ code });
  });

  it('refuses a document that reads what the workflow it calls does not return', async () => {
    const returns = { type: 'object', properties: { tax: { type: 'number' } }, additionalProperties: false };
    await platform.publish('compute-tax', { do: [{ tax: { set: 1 } }], returns, return: { tax: '=tax' } });
    const calling = [{ added: { call: { workflow: 'compute-tax' } } }, { sum: { set: '=added.taxx' } }];
    await expect(check(document(100, calling))).rejects.toMatchObject({
      problem: { errors: [{ pointer: '/do/2/sum/set', suggestion: 'tax' }] },
    });
  });
});

describe('nightshift check', () => {
  const nightshift = (...args: string[]) => cli.run('check', ...args);
  const file = (name: string, content: string): string => {
    writeFileSync(join(cli.folder, name), content);
    return join(cli.folder, name);
  };

  it('ends with 0 if nothing differs', async () => {
    const { code, out } = await nightshift(file('same.yaml', stringify(document(100))));
    expect([code, out]).toEqual([0, 'approve-order: 3 runs checked (1 open), 3 would have gone the same way\n']);
  });

  it('ends with 1 and says what differs, of all that it is asked for', async () => {
    const changed = file('changed.json', JSON.stringify(document(50)));
    const { code, out } = await nightshift(changed, file('same.yaml', stringify(document(100))));
    expect(code).toBe(1);
    expect(out).toContain('2 would have gone the same way, 1 another\n');
    expect(out).toContain('    happened:  StepCompleted isBig = false\n    would be:  StepCompleted isBig = true\n');
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^approve-order: .*, 3 would have gone the same way$/);
  });

  it('takes the newest saved version of a name, and answers in JSON', async () => {
    await platform.client.workflows.save('approve-order', document(50));
    const { code, out } = await nightshift('approve-order', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ workflow: 'approve-order', checked: 3, agree: 2, openRuns: 1 });
  });

  it('ends with 2 if it could not look', async () => {
    expect(await nightshift('nothing')).toMatchObject({
      code: 2,
      out: '',
      error: expect.stringContaining('workflow.not_found') as string,
    });
    expect(await nightshift('aprove-order')).toMatchObject({
      error: expect.stringContaining('Did you mean approve-order?') as string,
    });
    expect(await nightshift(join(cli.folder, 'no.yaml'))).toMatchObject({ code: 2 });
    expect(await nightshift(file('empty.yaml', '# nothing'))).toMatchObject({ code: 2 });
    expect(await nightshift()).toMatchObject({ code: 2, error: expect.stringContaining('subject') as string });
    expect(await nightshift('x', '--wrong')).toMatchObject({ code: 2 });
    expect(await nightshift('x', '--key-file', 'no.key')).toMatchObject({
      code: 2,
      error: expect.stringContaining('There is no key') as string,
    });
  });
});
