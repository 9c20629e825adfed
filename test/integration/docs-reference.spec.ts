import { compileWorkflow, replayHistory, type WorkflowDocument } from '@nightshift/workflow-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesOf, pagesWithExamples } from '../documents/example.ts';
import { fiveWays } from '../documents/five-ways.ts';
import { forgetHistories, isRecording, keepHistory } from '../documents/histories.ts';
import { openStage, type Stage } from '../documents/run-example.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  if (isRecording) forgetHistories();
});
afterAll(() => stage?.close());

/** `…` of a page stands for any text. */
const expected = (shown: unknown): unknown => {
  if (shown === '…') return expect.any(String) as unknown;
  if (Array.isArray(shown)) return shown.map(expected);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, expected(value)]));
};

const examples = [...pagesWithExamples().flatMap(examplesOf), ...fiveWays];

describe('what the documentation shows', () => {
  it.each(examples)('$page, example $number', async (example) => {
    const { run, history, document, mails } = await stage.run(example);
    const status = example.setup.status ?? 'succeeded';
    expect(run, JSON.stringify(run.problem ?? run)).toMatchObject({ status });
    const given = status === 'failed' ? run.problem : run.result;
    if (status === 'failed') expect(given).toMatchObject(expected(example.result) as object);
    else expect(given).toEqual(expected(example.result));
    if (example.mails !== undefined) expect(mails).toMatchObject(expected(example.mails) as object);
    const plan = compileWorkflow(document as unknown as WorkflowDocument);
    expect(await replayHistory(plan, history)).toEqual({ agrees: true });
    if (isRecording) keepHistory(example, document, history);
  });
});
