import { NightshiftError } from '@nightshift/client';
import { subjects, type Dispatch, type Violation, type WorkflowInfo } from '@nightshift/contracts';
import { newId } from '@nightshift/ledger';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

let gateway: TestGateway;
const dispatched: Dispatch[] = [];

beforeAll(async () => {
  gateway = await openTestGateway();
  gateway.bus.subscribe(subjects.allDispatches, (body) => dispatched.push(body as Dispatch));
});
afterAll(() => gateway?.close());

const size = { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] };
const colour = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] };

const save = (workflow: string, more: object = {}): Promise<WorkflowInfo> =>
  gateway.client.workflows.save(workflow, { workflow, do: [{ nothing: { set: 1 } }], ...more });

const publish = async (workflow: string, more: object = {}): Promise<WorkflowInfo> => {
  await save(workflow, more);
  return gateway.client.workflows.publish(workflow);
};

const startedVersion = async (workflow: string): Promise<number> => {
  const { runId } = await gateway.client.runs.start(workflow);
  return (await gateway.client.runs.get(runId)).workflowVersion;
};

/** What a publication was refused for, as pointer and words. */
const refusalOf = async (publication: Promise<unknown>): Promise<Violation[]> => {
  const error = await publication.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(NightshiftError);
  const { code, status, problem } = error as NightshiftError;
  expect([code, status]).toEqual(['workflow.in_use', 409]);
  return problem.errors ?? [];
};

describe('versions', () => {
  it('are listed and read, whichever is published', async () => {
    await publish('history', { title: 'first' });
    await publish('history', { title: 'second' });
    await save('history', { title: 'third' });
    const versions = await gateway.client.workflows.versions('history');
    expect(versions.map(({ version, published }) => [version, published])).toEqual([
      [3, false],
      [2, true],
      [1, false],
    ]);
    expect(versions.map(({ publishedAt }) => publishedAt !== null)).toEqual([false, true, true]);
    expect(await gateway.client.workflows.version('history', 1)).toMatchObject({
      version: 1,
      published: false,
      document: { title: 'first' },
    });
    for (const path of ['history/versions/4', 'history/versions/x', 'nothing/versions', 'nothing/versions/1']) {
      const response = await gateway.call('GET', `/v1/workflows/${path}`);
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'workflow.not_found' }]);
    }
  });

  it('can be published again, the newest is then a draft', async () => {
    for (const title of ['first', 'second', 'third']) await publish('again', { title });
    expect(await startedVersion('again')).toBe(3);
    expect(await gateway.client.workflows.publish('again', { version: 1 })).toMatchObject({
      version: 3,
      publishedVersion: 1,
      draft: true,
    });
    expect(await startedVersion('again')).toBe(1);
    expect(await gateway.client.workflows.publish('again')).toMatchObject({ publishedVersion: 3, draft: false });
    await expect(gateway.client.workflows.publish('again', { version: 4 })).rejects.toMatchObject({
      code: 'workflow.not_found',
    });
  });

  it('are rolled back one by one, passing over what was never published', async () => {
    await publish('steps-back', { title: 'first' });
    await publish('steps-back', { title: 'second' });
    await save('steps-back', { title: 'never published' });
    await publish('steps-back', { title: 'fourth' });
    const { rollback } = gateway.client.workflows;
    expect(await rollback('steps-back')).toMatchObject({ publishedVersion: 2 });
    expect(await startedVersion('steps-back')).toBe(2);
    expect(await rollback('steps-back')).toMatchObject({ publishedVersion: 1 });
    await expect(rollback('steps-back')).rejects.toMatchObject({ code: 'workflow.not_published' });
    expect(await startedVersion('steps-back')).toBe(1);
    await expect(rollback('nothing')).rejects.toMatchObject({ code: 'workflow.not_found' });
  });
});

describe('a version that something planned or under way does not fit', () => {
  it('is refused for recurrences and for runs that start with the latest version', async () => {
    await publish('planned', { parameters: size });
    await gateway.client.recurrences.put('planned', 'daily', { cron: '0 9 * * *', parameters: { size: 4 } });
    const schedule = { in: { hours: 1 }, parameters: { size: 5 } };
    const { runId } = await gateway.client.schedules.create('planned', { ...schedule, version: 'latest' });
    const { runId: pinned } = await gateway.client.schedules.create('planned', { ...schedule, version: 'pinned' });

    await save('planned', { parameters: colour });
    const errors = await refusalOf(gateway.client.workflows.publish('planned'));
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/recurrences/daily/colour', `/runs/${runId}/colour`]);
    expect(JSON.stringify(errors)).toContain('is required (recurrence \\"daily\\")');
    expect(JSON.stringify(errors)).not.toContain(pinned);
    expect(await gateway.client.workflows.get('planned')).toMatchObject({ publishedVersion: 1 });

    expect(await gateway.client.workflows.publish('planned', { force: true })).toMatchObject({ publishedVersion: 2 });
    // And the way back would break nothing that is planned.
    expect(await gateway.client.workflows.rollback('planned')).toMatchObject({ publishedVersion: 1 });
  });

  it('is refused for workflows that start it, published or under way', async () => {
    await publish('target', { parameters: size });
    const call = (parameters: object): object => ({ do: [{ ask: { call: { workflow: 'target', parameters } } }] });
    await publish('caller-now', call({ size: 4 }));
    await publish('caller-computed', call({ size: '=1 + 1', colour: '="red"' }));
    await publish('caller-once', call({ size: 5 }));
    const { runId } = await gateway.client.runs.start('caller-once');
    await publish('caller-once');
    await publish('caller-long-ago', call({ size: 6 }));
    await publish('caller-long-ago');

    await save('target', { parameters: colour });
    const errors = await refusalOf(gateway.client.workflows.publish('target'));
    expect(errors).toEqual([
      {
        pointer: '/do/0/ask/call/parameters/colour',
        detail: 'is required by target (workflow "caller-now", version 1)',
      },
      {
        pointer: '/do/0/ask/call/parameters/colour',
        detail: 'is required by target (workflow "caller-once", version 1)',
      },
    ]);

    await gateway.client.runs.cancel(runId);
    await publish('caller-now', call({ colour: 'red', size: 4 }));
    expect(await gateway.client.workflows.publish('target')).toMatchObject({ publishedVersion: 2 });
  });

  it('is refused for runs of its own older version that start the next one', async () => {
    await publish('chain', {
      parameters: size,
      do: [{ next: { schedule: { workflow: 'chain', parameters: { size: 1 } } } }],
    });
    const { runId } = await gateway.client.runs.start('chain', { size: 1 });
    await save('chain', {
      parameters: colour,
      do: [{ next: { schedule: { workflow: 'chain', parameters: { colour: 'red' } } } }],
    });
    expect(await refusalOf(gateway.client.workflows.publish('chain'))).toMatchObject([
      { pointer: '/do/0/next/schedule/parameters/colour' },
    ]);
    await gateway.client.runs.cancel(runId);
    expect(await gateway.client.workflows.publish('chain')).toMatchObject({ publishedVersion: 2 });
  });

  it('names a hundred things at most', async () => {
    await publish('crowded', { parameters: size });
    await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        gateway.client.recurrences.put('crowded', `key-${n}`, { every: { hours: 1 }, parameters: { size: n } }),
      ),
    );
    await save('crowded', { parameters: colour });
    expect(await refusalOf(gateway.client.workflows.publish('crowded'))).toHaveLength(100);
  });
});

describe('runs that a guard holds', () => {
  it('go on when a version with a wider limit is published', async () => {
    await publish('guarded', { guards: { cycles: 2 } });
    const hold = async (iteration: number): Promise<string> => {
      const runId = newId(Date.now());
      await gateway.ledger.runs.request({
        runId,
        at: new Date().toISOString(),
        requested: {
          workflow: 'guarded',
          workflowVersion: 1,
          parameters: {},
          cause: { kind: 'api' },
          chainId: runId,
          iteration,
          depth: 0,
        },
        held: { reason: 'too many cycles', guard: { name: 'cycles', limit: 2, value: iteration } },
      });
      return runId;
    };
    const [within, beyond] = await Promise.all([hold(3), hold(9)]);
    expect(await gateway.client.runs.get(within)).toMatchObject({ status: 'paused', heldBy: 'cycles' });

    await publish('guarded', { guards: { cycles: 5 } });
    expect(await gateway.client.runs.get(within)).toMatchObject({ status: 'queued' });
    expect(await gateway.client.runs.get(beyond)).toMatchObject({ status: 'paused' });
    await waitFor(() => dispatched.some(({ runId, version }) => runId === within && version === 3));
  });
});
