import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { blockKindNames } from '../blocks/blocks.ts';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { stepKindNames } from '../steps/registry.ts';
import { evolve } from './evolve.ts';
import { compileWorkflow } from './plan.ts';
import { replayHistory } from './replay.ts';
import { initialState, type RunState } from './run-state.ts';

interface History {
  document: WorkflowDocument;
  events: RunEvent[];
}

const folder = join(import.meta.dirname, '../../../../test/histories');
const histories = globSync('*.json', { cwd: folder })
  .sort()
  .map((file) => ({
    name: basename(file, '.json'),
    ...(JSON.parse(readFileSync(join(folder, file), 'utf8')) as History),
  }));

/** The same steps under other names. */
const renamed = (document: WorkflowDocument): WorkflowDocument => {
  const names = [...compileWorkflow(document).steps.keys()];
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [names.includes(key) ? `${key}2` : key, rename(part)]),
    );
  };
  return { ...document, do: rename(document.do) as WorkflowDocument['do'] };
};

const ends: Partial<Record<RunEvent['type'], RunState['status']>> = { RunSucceeded: 'succeeded', RunFailed: 'failed' };

describe('the recorded histories', () => {
  it('have every kind of step', () => {
    const kinds = new Set(
      histories.flatMap(({ document }) => [...compileWorkflow(document).steps.values()].map(({ kind }) => kind)),
    );
    expect([...stepKindNames, ...blockKindNames].filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it.each(histories)('$name goes the same way today', async ({ document, events }) => {
    const plan = compileWorkflow(document);
    expect(await replayHistory(plan, events)).toEqual({ agrees: true });
    const state = events.reduce<RunState>((folded, event) => evolve(plan, folded, event), initialState);
    expect(state.status).toBe(ends[events.at(-1)!.type]);
  });

  it.each(histories)('$name would go another way with other steps', async ({ document, events }) => {
    const first = events.find(({ data }) => 'step' in data)!;
    const replay = await replayHistory(compileWorkflow(renamed(document)), events);
    expect(replay).toMatchObject({
      agrees: false,
      version: first.version,
      step: (first.data as { step: string }).step,
    });
  });
});
