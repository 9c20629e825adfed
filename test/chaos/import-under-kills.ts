import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { NightshiftError } from '@nightshift/client';
import type { ImportResult } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { clientOf, query } from './application.ts';
import { BAD_ROWS, importedRow, importHeader } from './imported-rows.ts';
import { residentBytes } from './resident-bytes.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/**
 * Of a gateway or a data service, which hold some chunks at most, however long the upload is. Node lets a heap grow for as long as there is
 * memory: bound, one that kept anything of each row would not live through a million.
 */
const MOST_BYTES = 300 * 1024 * 1024;
const boundHeap = '--max-old-space-size=128 --max-semi-space-size=8';
const PIECE_ROWS = 200;

/** An upload whose every part dies in the middle is sent again with its key, and comes to the same. */
export const importUnderKills: Scenario = {
  name: 'an import while everything is killed in turn',
  replicas: 2,
  env: { NODE_OPTIONS: boundHeap },
  short: { size: 20_000 },
  full: { size: 1_000_000 },
  run: async (context) => {
    const { cluster, size, log } = context;
    await clientOf(cluster).types.declare('person', {
      n: { kind: 'integer', required: true, indexed: true },
      name: { kind: 'text' },
      email: { kind: 'text', required: true, unique: true },
      age: { kind: 'integer' },
      score: { kind: 'number' },
      born: { kind: 'date' },
    });
    const memory = watchMemory(context);
    const kills = planKills(context);
    const startedAtMs = Date.now();
    const { result, attempts } = await uploadUntilDone(context, kills);
    const tookMs = Date.now() - startedAtMs;
    await kills.settled();
    log(`${attempts} attempts, ${kills.count()} kills, ${Math.round((size / tookMs) * 1000)} rows/s over all of them`);
    assert.equal(kills.count(), kills.planned);

    const expected = Array.from({ length: size }, (_, n) => importedRow(n, size).error).filter((e) => e !== undefined);
    assert.equal(expected.length, BAD_ROWS);
    const { status, total, succeeded, failed, errors } = result;
    assert.deepEqual(
      { status, total, succeeded, failed },
      { status: 'succeeded', total: size, succeeded: size - BAD_ROWS, failed: BAD_ROWS },
    );
    assert.deepEqual(
      errors.map(({ line, pointer, code }) => `${line} ${pointer} ${code}`),
      expected,
    );
    const [counted] = await query<object>(
      cluster,
      'SELECT count(*)::int AS things, count(DISTINCT n)::int AS numbers FROM person',
    );
    assert.deepEqual(counted, { things: size - BAD_ROWS, numbers: size - BAD_ROWS });
    await assertExported(context);
    memory.stop();
  },
};

async function* rowsOf(size: number, beforeRow: (n: number) => Promise<void>): AsyncGenerator<string> {
  yield importHeader;
  for (let from = 0; from < size; from += PIECE_ROWS) {
    await beforeRow(from);
    let text = '';
    for (let n = from; n < Math.min(size, from + PIECE_ROWS); n++) text += importedRow(n, size).text;
    yield text;
  }
}

const streamOf = (rows: AsyncGenerator<string>): ReadableStream<Uint8Array> =>
  ReadableStream.from(rows).pipeThrough(new TextEncoderStream() as ReadableWritablePair<Uint8Array, string>);

/** Sends the same again, to the next gateway, for as long as it breaks off. */
const uploadUntilDone = async (
  { cluster, size, log }: ScenarioContext,
  kills: Kills,
): Promise<{ result: ImportResult; attempts: number }> => {
  const untilMs = Date.now() + 120_000 + size * 2;
  for (let attempts = 1; ; attempts++) {
    assert.ok(Date.now() < untilMs, 'the import does not end');
    try {
      const source = { csv: streamOf(rowsOf(size, kills.beforeRow)) };
      const result = await clientOf(cluster, attempts).imports.upload('person', source, { idempotencyKey: 'people' });
      return { result, attempts };
    } catch (error) {
      const isPassing =
        !(error instanceof NightshiftError) ||
        error.canRetry ||
        error.status >= 500 ||
        error.code === 'import.broken' ||
        error.status === 409;
      if (!isPassing) throw error;
      log(`broken off: ${error instanceof NightshiftError ? error.code : String(error)}`);
      await delay(200);
    }
  }
};

type Kills = ReturnType<typeof planKills>;

/** Kills a data service, Postgres, a gateway, and so on, each when so much more has been sent. */
const planKills = ({ cluster, size, random, log }: ScenarioContext) => {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const { data, gateway } = cluster.services;
  const turns = [
    () => pick(data),
    () => cluster.postgres,
    () => pick(gateway),
    () => pick(data),
    () => cluster.postgres,
    ...gateway.map((one) => () => one),
  ];
  const names = [
    'a data service',
    'Postgres',
    'a gateway',
    'a data service',
    'Postgres',
    ...gateway.map(() => 'a gateway'),
  ];
  const places = turns.map((_, index) => Math.floor(((index + 0.5 + random() / 2) / (turns.length + 1)) * size));
  let count = 0;
  let restarting: Promise<void> = Promise.resolve();
  return {
    planned: turns.length,
    count: (): number => count,
    settled: (): Promise<void> => restarting,
    /** Each once, however often its row is sent. */
    beforeRow: async (n: number): Promise<void> => {
      if (count === turns.length || n < places[count]!) return;
      const turn = count++;
      await restarting;
      log(`killing ${names[turn]} at row ${n}`);
      const victim = turns[turn]!();
      await victim.kill();
      restarting = victim.restart();
      restarting.catch(() => {});
    },
  };
};

/** Samples what gateways and data services hold until it is stopped, which tells of it. */
const watchMemory = ({ cluster, log }: ScenarioContext): { stop(): void } => {
  const most = { gateway: 0, data: 0 };
  const sample = (): void => {
    for (const app of ['gateway', 'data'] as const)
      most[app] = Math.max(most[app], ...cluster.services[app].map(({ pid }) => residentBytes(pid)));
  };
  const timer = setInterval(sample, 250);
  return {
    stop: () => {
      clearInterval(timer);
      const inMegabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
      log(`gateways held ${inMegabytes(most.gateway)} MB at most, data services ${inMegabytes(most.data)} MB`);
      for (const [app, bytes] of Object.entries(most)) assert.ok(bytes < MOST_BYTES, `a ${app} held ${bytes} bytes`);
    },
  };
};

/** What was good comes back byte for byte. */
const assertExported = async (context: ScenarioContext): Promise<void> => {
  const { cluster, size, log } = context;
  const fields = importHeader.trim().split(',');
  const expected = createHash('sha256').update(importHeader);
  for (let n = 0; n < size; n++) {
    const { text, error } = importedRow(n, size);
    if (error === undefined) expected.update(text);
  }
  const startedAtMs = Date.now();
  const exported = await waitFor(
    () =>
      clientOf(cluster)
        .things.export('person', { fields, sort: ['n'] })
        .catch(() => undefined),
    { timeoutMs: 60_000, describe: 'an export' },
  );
  const hash = createHash('sha256');
  for await (const piece of exported) hash.update(piece);
  log(`exported ${Math.round((size / (Date.now() - startedAtMs)) * 1000)} rows/s`);
  assert.equal(hash.digest('hex'), expected.digest('hex'));
};
