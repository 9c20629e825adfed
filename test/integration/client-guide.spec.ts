import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { workspaceRoot } from '@nightshift/testing';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { load } from '../../examples/five-ways/load.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

const guide = readFileSync(join(workspaceRoot, 'docs/guides/client.md'), 'utf8');
/** Programs below a comment that says what they print. */
const programs = [...guide.matchAll(/^<!-- run: (.*?) -->\n\n```ts\n(.*?)^```$/gms)].map(
  ([, prints = '', program = ''], index) => ({
    prints: prints.split(' / '),
    program,
    file: `client-guide-${index}.ts`,
  }),
);

let platform: TestPlatform;
beforeAll(async () => {
  platform = await openTestPlatform();
  await load({ gatewayUrl: platform.url, adminKey: platform.adminKey });
}, 60_000);
afterAll(() => platform?.close());

const run = async (program: string): Promise<string> => {
  const node = spawn(process.execPath, ['--conditions=source', '--input-type=module-typescript', '-'], {
    cwd: workspaceRoot,
    env: { PATH: process.env.PATH, NIGHTSHIFT_URL: platform.url, NIGHTSHIFT_KEY: platform.adminKey },
  });
  node.stdin.end(program);
  const [out, errors] = await Promise.all([text(node.stdout), text(node.stderr)]);
  return out === '' ? errors : out;
};

describe('the guide to the client', () => {
  it('shows every program with what it prints', () => {
    expect(programs).toHaveLength([...guide.matchAll(/^```ts$/gm)].length);
  });

  it.each(programs)('prints $prints', async ({ prints, program }) => {
    expect((await run(program)).trimEnd().split('\n')).toEqual(prints);
  });

  it('shows programs that the compiler takes', () => {
    const { config } = ts.readConfigFile(join(workspaceRoot, 'tsconfig.base.json'), (path) =>
      readFileSync(path, 'utf8'),
    );
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, workspaceRoot);
    const texts = new Map(programs.map(({ file, program }) => [join(workspaceRoot, file), program]));
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile } = host;
    host.fileExists = (path) => texts.has(path) || fileExists(path);
    host.readFile = (path) => texts.get(path) ?? readFile(path);
    const alone = { composite: false, incremental: false, declaration: false, noEmit: true, skipLibCheck: true };
    const compiled = ts.createProgram([...texts.keys()], { ...options, ...alone }, host);
    const said = [...texts.keys()].flatMap((path) => compiled.getSemanticDiagnostics(compiled.getSourceFile(path)));
    expect(said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
  }, 60_000);
});
