import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclareTypeBody, RunEvent, RunView } from '@nightshift/contracts';
import { waitFor, workspaceRoot } from '@nightshift/testing';
import { parse } from 'yaml';
import { inTurn, json, startHttpStub, type HttpStub, type StubAnswer } from '../integration/http-stub.ts';
import { openTestPlatform, type TestPlatform } from '../integration/test-platform.ts';
import type { Example, ServerAnswer, Setup } from './example.ts';

/** How an example's run went. */
export interface Ran {
  run: RunView;
  history: RunEvent[];
  /** The document that was run, as JSON. */
  document: Record<string, unknown>;
  /** What it sent, as the mailbox has it. */
  mails: unknown[];
}

/** Where examples run: the whole platform, an HTTP server in the place of https://api.example.com, and a mailbox. */
export interface Stage {
  run(example: Pick<Example, 'setup' | 'documents'>): Promise<Ran>;
  close(): Promise<void>;
}

type Fields = DeclareTypeBody['fields'];

const OUTSIDE = 'https://api.example.com';

export const openStage = async (): Promise<Stage> => {
  const stub = await startHttpStub();
  const platform = await openTestPlatform({
    hasTrigger: true,
    executor: { config: { NIGHTSHIFT_EGRESS_ALLOW: stub.host, NIGHTSHIFT_HTTP_ANSWER_MAX_BYTES: 1024 * 1024 } },
  });
  const types = JSON.parse(readFileSync(join(workspaceRoot, 'examples/five-ways/types.json'), 'utf8')) as Record<
    string,
    Fields
  >;
  for (const [name, fields] of Object.entries(types)) await platform.client.types.declare(name, fields);

  return {
    run: async ({ setup, documents }) => {
      await clear(platform);
      const ids = await prepare(platform, stub, setup);
      const parsed = documents.map((text) => parse(text.replaceAll(OUTSIDE, stub.url)) as Record<string, unknown>);
      for (const document of parsed) {
        const name = String(document['workflow']);
        await platform.client.workflows.save(name, document);
        await platform.client.workflows.publish(name);
      }
      const document = parsed.at(-1)!;
      const runId = await begin(platform, String(document['workflow']), setup, ids);
      for (const event of setup.events ?? []) await send(platform, runId, event, setup.isPaused ?? false);
      if (setup.retry) {
        await reached(platform, runId, 'failed');
        await platform.client.runs.retry(runId, { parameters: setup.retry });
      }
      const run = await reached(platform, runId, setup.status ?? 'succeeded');
      const history = await platform.client.runs.events(runId);
      const { items } = await platform.client.mailbox.list({ run: runId });
      return { run, history, document, mails: items.map(({ message }) => message) };
    },
    close: async () => {
      await platform.close();
      stub.close();
    },
  };
};

/** No thing, mail or answer is left of the example before. */
const clear = async ({ client, query }: TestPlatform): Promise<void> => {
  const types = await client.types.list();
  await query(`TRUNCATE ${types.map(({ name }) => `"${name}"`).join(', ')} CASCADE`);
};

const prepare = async (platform: TestPlatform, stub: HttpStub, setup: Setup): Promise<Map<string, string>> => {
  const { client } = platform;
  const ids = new Map<string, string>();
  for (const [name, fields] of Object.entries(setup.types ?? {})) await client.types.declare(name, fields as Fields);
  for (const [type, things] of Object.entries(setup.things ?? {})) {
    for (const [label, fields] of Object.entries(things)) {
      const thing = await client.things.create(type, withIds(fields, ids) as Record<string, unknown>);
      ids.set(label, thing.id);
    }
  }
  for (const [name, value] of Object.entries(setup.secrets ?? {})) await client.secrets.put(name, value);
  for (const [path, given] of Object.entries(setup.server ?? {})) {
    const answers = (Array.isArray(given) ? given : [given]).map(toAnswer) as [StubAnswer, ...StubAnswer[]];
    stub.on(path, inTurn(...answers));
  }
  return ids;
};

const toAnswer = ({ status, headers, body }: ServerAnswer): StubAnswer => json(body ?? null, status, headers);

/** `@ada` as the id of the thing that is called so. */
const withIds = (value: unknown, ids: Map<string, string>): unknown =>
  JSON.parse(JSON.stringify(value), (_, part: unknown) => {
    if (typeof part !== 'string' || !part.startsWith('@')) return part;
    const id = ids.get(part.slice(1));
    if (id === undefined) throw new Error(`nothing is called ${part}`);
    return id;
  });

const begin = async (
  { client, query }: TestPlatform,
  workflow: string,
  { parameters = {}, start }: Setup,
  ids: Map<string, string>,
): Promise<string> => {
  if (start === undefined)
    return (await client.runs.start(workflow, withIds(parameters, ids) as Record<string, unknown>)).runId;
  if ('sql' in start) await query(start.sql);
  else await client.lists.create(workflow, { ...start, items: withIds(start.items, ids) as unknown[] });
  return waitFor(async () => (await client.runs.search({ workflow })).items[0]?.id, {
    timeoutMs: 10_000,
    describe: `a run of ${workflow}`,
  });
};

/** An event from outside comes when the run waits for it, so that its history is always the same. */
const send = async (
  { client }: TestPlatform,
  runId: string,
  event: NonNullable<Setup['events']>[number],
  isPaused: boolean,
): Promise<void> => {
  const awaited = await waitFor(
    async () =>
      (await client.runs.events(runId)).find(
        ({ type, data }) => type === 'WaitStarted' && 'event' in data && data.event?.type === event.type,
      ),
    { timeoutMs: 10_000, describe: `run ${runId} to wait for ${event.type}` },
  );
  if (isPaused) await client.runs.pause(runId);
  await client.sendEvent({ id: `${runId}/${awaited.version}`, source: '/examples', ...event });
  if (isPaused) await client.runs.resume(runId);
};

const reached = ({ client }: TestPlatform, runId: string, status: RunView['status']): Promise<RunView> =>
  waitFor(
    async () => {
      const view = await client.runs.get(runId);
      return view.status === status || view.finishedAt !== null ? view : undefined;
    },
    { timeoutMs: 20_000, describe: `run ${runId} to be ${status}` },
  );
