import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { createTestbed, type FieldsOf, type Testbed, type TestRun } from '@nightshift/testing-kit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { examplesOf, pagesWithExamples, type Example } from '../documents/example.ts';
import { fiveWays } from '../documents/five-ways.ts';
import { historyFile, type History } from '../documents/histories.ts';

/**
 * The kit does what the platform does: every example of the documentation gives the same, with the same events in the same order as they were
 * recorded on the platform.
 */

const OUTSIDE = 'https://api.example.com';
const baseTypes = JSON.parse(readFileSync(join(workspaceRoot, 'examples/five-ways/types.json'), 'utf8')) as Record<
  string,
  FieldsOf
>;

const typesOf = ({ setup }: Example): Record<string, FieldsOf> => {
  const types = { ...baseTypes };
  for (const [name, fields] of Object.entries(setup.types ?? {}))
    types[name] = { ...types[name], ...(fields as FieldsOf) };
  return types;
};

const withIds = (value: unknown, ids: Map<string, string>): unknown =>
  JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'string' && part.startsWith('@') ? ids.get(part.slice(1)) : part,
  );

const play = async (example: Example): Promise<{ run: TestRun; testbed: Testbed }> => {
  const { setup, documents } = example;
  const testbed = createTestbed({ workflows: documents, types: typesOf(example), secrets: setup.secrets ?? {} });
  const ids = new Map<string, string>();
  for (const [type, things] of Object.entries(setup.things ?? {}))
    for (const [label, fields] of Object.entries(things))
      ids.set(label, (await testbed.things(type).create(withIds(fields, ids) as Record<string, unknown>)).id);
  for (const [path, given] of Object.entries(setup.server ?? {})) {
    const [first, ...more] = Array.isArray(given) ? given : [given];
    testbed.http.on(`* ${OUTSIDE}${path}`, first!, ...more);
  }
  const workflow = String((parse(documents.at(-1)!) as Record<string, unknown>)['workflow']);
  if (setup.start && 'items' in setup.start) {
    const { items, ...options } = setup.start;
    await testbed.list(workflow, withIds(items, ids) as unknown[], options);
  } else if (setup.start) await changeAsSqlDoes(testbed, setup.start.sql);
  else await testbed.start(workflow, withIds(setup.parameters ?? {}, ids) as Record<string, unknown>);
  const run = testbed.runs(workflow)[0]!;
  for (const event of setup.events ?? []) {
    if (setup.isPaused) await testbed.pause(run);
    await testbed.send(event);
    if (setup.isPaused) await testbed.resume(run);
  }
  await testbed.advance('400 days');
  if (setup.retry) await testbed.retry(run, setup.retry);
  await testbed.advance('400 days');
  return { run, testbed };
};

/** The statements that examples use. */
const changeAsSqlDoes = async (testbed: Testbed, sql: string): Promise<void> => {
  const literal = (text: string): unknown => JSON.parse(text.trim().replace(/^'(.*)'$/, '"$1"')) as unknown;
  const bare = (text: string): string => text.trim().replaceAll('"', '');
  const insert = /^insert into (\S+) \((.*?)\) values \((.*?)\)$/i.exec(sql.trim());
  if (insert) {
    const [, type, names, values] = insert as unknown as [string, string, string, string];
    const given = values.split(',').map(literal);
    const fields = Object.fromEntries(names.split(',').map((name, index) => [bare(name), given[index]]));
    await testbed.things(bare(type)).create(fields);
    return;
  }
  const update = /^update (\S+) set (\S+) = (\S+)(?: where (\S+) = (\S+))?$/i.exec(sql.trim());
  if (!update) throw new Error(`The example changes data in a way of its own: ${sql}`);
  const [, type, field, value, key, of] = update as unknown as string[];
  const things = testbed.things(bare(type!));
  for (const thing of things.all)
    if (key === undefined || thing[bare(key)] === literal(of!))
      await things.change(thing.id, { [bare(field!)]: literal(value!) });
};

/** The events that the platform recorded; undefined: the example was not there yet. */
const recorded = (example: Example): RunEvent[] | undefined => {
  const file = historyFile(example);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as History).events : undefined;
};

const expected = (shown: unknown): unknown => {
  if (shown === '…') return expect.any(String) as unknown;
  if (Array.isArray(shown)) return shown.map(expected);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, expected(value)]));
};

/** What timers and flow control say, of which the kit has none. */
const ofThePlatform: ReadonlySet<string> = new Set(['TimerFired', 'AdmissionAwaited', 'RunAdmitted']);

/** What happened, without when; branches of a fork go on side by side, in any order. */
const deeds = (events: readonly RunEvent[]): string[] =>
  events
    .filter(({ type }) => !ofThePlatform.has(type))
    .map(({ type, data }) => {
      const { step, iteration, attempt } = data as { step?: string; iteration?: string; attempt?: number };
      return [type, step, iteration, attempt].filter((part) => part !== undefined).join(' ');
    })
    .sort();

describe('an example of the documentation', () => {
  const examples = [...pagesWithExamples().flatMap(examplesOf), ...(fiveWays as Example[])];
  it.each(examples)('goes in the kit as on the platform: $page, example $number', async (example) => {
    const { run, testbed } = await play(example);
    const status = example.setup.status ?? 'succeeded';
    expect(run.status, JSON.stringify(run.problem ?? run.outline)).toBe(status);
    if (status === 'failed') expect(run.problem).toMatchObject(expected(example.result) as object);
    else expect(run.result ?? null).toEqual(expected(example.result));
    if (example.mails !== undefined) expect(testbed.mails).toMatchObject(expected(example.mails) as object);
    const asRecorded = recorded(example);
    if (asRecorded) expect(deeds(run.events)).toEqual(deeds(asRecorded));
  });
});
