import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

const [, shown = ''] =
  /^```js\n(.*?)^```$/ms.exec(readFileSync(join(workspaceRoot, 'docs/guides/testing.md'), 'utf8')) ?? [];

/** A project of somebody who uses the kit as it is built. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-kit-'));
  symlinkSync(join(workspaceRoot, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "jest": { "transform": {} } }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (tool: string, args: string[], env: Record<string, string> = {}): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(workspaceRoot, 'node_modules', tool), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], CI: '1', NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
  return stdout + stderr;
};

test('the tests of the guide pass in Jest', () => {
  writeFileSync(join(folder, 'payment.test.js'), shown);
  const said = run('jest/bin/jest.js', ['--rootDir', folder], { NODE_OPTIONS: '--experimental-vm-modules' });
  expect(said).toContain('Tests:       2 passed, 2 total');
});

test('the tests of the guide pass in Vitest', () => {
  writeFileSync(join(folder, 'payment.test.js'), `import { expect, test } from 'vitest';\n${shown}`);
  expect(run('vitest/vitest.mjs', ['run', '--root', folder])).toMatch(/Tests\s+2 passed \(2\)/);
});

test('a test that is wrong fails', () => {
  writeFileSync(join(folder, 'payment.test.js'), shown.replace("advance('30 days')", "advance('29 days')"));
  const said = run('jest/bin/jest.js', ['--rootDir', folder], { NODE_OPTIONS: '--experimental-vm-modules' });
  expect(said).toContain('Tests:       1 failed, 1 passed, 2 total');
});
