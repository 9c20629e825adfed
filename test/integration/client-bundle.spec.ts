import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EdgeVM } from '@edge-runtime/vm';
import { workspaceRoot } from '@nightshift/testing';
import { build, type BuildResult } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

/** Of the client minified and compressed, with everything that it needs. What is larger is felt by pages. */
const BUNDLE_MAX_BYTES = 16_000;

let platform: TestPlatform;
let bundle: BuildResult<{ metafile: true; write: false }>;
beforeAll(async () => {
  bundle = await build({
    entryPoints: [join(workspaceRoot, 'libs/client/src/index.ts')],
    absWorkingDir: workspaceRoot,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'nightshift',
    // Knows neither Node's modules nor a browser's: what would need one of them fails here.
    platform: 'neutral',
    conditions: ['source'],
    metafile: true,
    write: false,
  });
  platform = await openTestPlatform();
  await platform.publish('double', {
    parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    do: [{ rest: { wait: { milliseconds: 20 } } }],
    return: '=parameters.n * 2',
  });
});
afterAll(() => platform?.close());

const textOf = (): string => bundle.outputFiles[0]!.text;

describe('the client for pages and the edge', () => {
  it('holds nothing but itself and the table of failures', () => {
    const inputs = Object.keys(bundle.metafile.inputs).filter((path) => !path.startsWith('libs/client/src/'));
    expect(inputs).toEqual(['libs/contracts/src/failures.ts']);
  });

  it('is small', () => {
    const bytes = gzipSync(textOf()).length;
    expect(bytes).toBeLessThan(BUNDLE_MAX_BYTES);
    // Twice as much as there is would bound nothing.
    expect(bytes).toBeGreaterThan(BUNDLE_MAX_BYTES / 2);
  });

  it('works in an edge runtime, which has no Node', async () => {
    const edge = new EdgeVM();
    edge.evaluate(textOf());
    const asked = edge.evaluate<Promise<string>>(`(async () => {
      if (typeof process !== 'undefined' || typeof Buffer !== 'undefined' || typeof require !== 'undefined') throw new Error('This is Node');
      const client = nightshift.createClient(${JSON.stringify({ url: platform.url, key: platform.adminKey })});
      const run = await client.start('double', { n: 21 });
      const seen = [];
      for await (const { event } of run.events()) seen.push(event.type);
      const documents = [];
      for await (const { percent } of run.progress()) documents.push(percent);
      const result = await run.result();
      const found = [];
      for await (const { id } of client.runs.all({ workflow: 'double' })) found.push(id);
      const refused = await client.runs.get('nobody').catch((error) => error);
      const list = await client.startList('double', { items: () => (async function* () { yield 1; yield 2; })(), as: 'n' });
      const { done } = await list.done();
      return JSON.stringify({ result, last: seen.at(-1), percent: documents.at(-1), found: found.length, done,
        isOurs: nightshift.isNightshiftError(refused), code: refused.code });
    })()`);
    expect(JSON.parse(await asked)).toEqual({
      result: 42,
      last: 'RunSucceeded',
      percent: 100,
      found: 1,
      done: 2,
      isOurs: true,
      code: 'run.not_found',
    });
  });
});
