import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forget, watch, workspaceRoot } from '@nightshift/testing';
import { checkCanaries } from './canaries.ts';

/** What a stage found: how many checks passed and failed, and what to show when some failed. */
interface Outcome {
  passed: number;
  failed: number;
  details: string;
  /** To be looked into, though nothing failed for good. */
  unsteady?: string;
}

interface Stage {
  name: string;
  run: () => Promise<Outcome>;
}

/** By content: a checkout changes every time stamp. */
const prettierCache = [
  '--cache',
  '--cache-strategy=content',
  '--cache-location=node_modules/.cache/nightshift/prettier',
];

const main = async (): Promise<void> => {
  const stages: Stage[] = [
    {
      name: 'format',
      run: () => command('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', ...prettierCache, '.']),
    },
    { name: 'lint', run: () => command('eslint/bin/eslint.js', ['.', '--max-warnings=0']) },
    { name: 'canaries', run: async () => verdict((await checkCanaries()).join('\n')) },
    { name: 'build', run: () => command('typescript/bin/tsc', ['-b']) },
    { name: 'types', run: () => command('typescript/bin/tsc', ['-p', 'tools/check', '--incremental']) },
    { name: 'unit', run: () => tests('unit') },
    ...['integration', 'e2e'].map((project) => ({ name: project, run: () => testsOnServers(project) })),
  ];
  const failures: string[] = [];
  const unsteady: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const stage of stages) {
    const startedAt = performance.now();
    console.log(`… ${stage.name}`);
    const outcome = await stage.run();
    passed += outcome.passed;
    failed += outcome.failed;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const mark = outcome.failed === 0 ? '✓' : '✗';
    console.log(`${mark} ${stage.name}: ${outcome.passed} passed, ${outcome.failed} failed (${seconds} s)`);
    if (outcome.unsteady !== undefined) unsteady.push(outcome.unsteady);
    if (outcome.failed > 0) failures.push(`✗ ${stage.name}\n\n${outcome.details.trim()}`);
  }
  if (unsteady.length > 0) {
    console.log(
      `\nfailed beside others and passed alone: a fault to be found, here or in the test\n\n${unsteady.join('\n\n')}`,
    );
  }
  if (failures.length > 0) console.log(`\n${failures.join('\n\n')}\n`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
};

/** A stage that is one check: it passes when it has nothing to say. */
const verdict = (details: string): Outcome =>
  details === '' ? { passed: 1, failed: 0, details } : { passed: 0, failed: 1, details };

const command = async (script: string, args: string[]): Promise<Outcome> => {
  const { code, said } = await run(script, args);
  return verdict(code === 0 ? '' : said.trim() || `exit code ${code}`);
};

/** More than that fail for a reason that another try does not take away. */
const MOST_UNSTEADY_FILES = 2;

/**
 * Tests that share the machine with each other: a file or two that fail are run once more, alone. What fails again has failed; what
 * passes then is shown all the same.
 */
const testsOnServers = async (project: string): Promise<Outcome> => {
  const first = await tests(project);
  const files = first.failedFiles ?? [];
  if (files.length === 0 || files.length > MOST_UNSTEADY_FILES) return first;
  console.log(`… ${files.join(' and ')} once more, alone`);
  const second = await tests(project, files);
  return second.failed > 0
    ? { ...first, details: `${first.details}\n\nalone:\n\n${second.details}` }
    : { passed: first.passed + first.failed, failed: 0, details: '', unsteady: first.details };
};

/** The tests of one project, or of some files of it, counted by Vitest. A file that cannot be loaded counts as one failure. */
const tests = async (project: string, files: string[] = []): Promise<Outcome & { failedFiles?: string[] }> => {
  const file = join(tmpdir(), `nightshift-${project}-${process.pid}.json`);
  const reporters = ['--reporter=./tools/check/file-reporter.ts', '--reporter=json', `--outputFile.json=${file}`];
  const { code, said } = await run(
    'vitest/vitest.mjs',
    ['run', '--project', project, ...reporters, ...files],
    showFiles,
  );
  const report = readReport(file);
  rmSync(file, { force: true });
  if (report === undefined) return verdict(said.trim() || `vitest ended with exit code ${code} and no report`);
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + unloadable.length;
  if (failed === 0 && code !== 0) return { passed: report.numPassedTests, failed: 1, details: said };
  const failedFiles = report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => pathOf(name));
  return { passed: report.numPassedTests, failed, details: describeFailures(report), failedFiles };
};

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
}

const readReport = (file: string): Report | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
};

const pathOf = (name: string): string => name.replace(`${workspaceRoot}/`, '');

const describeFailures = (report: Report): string =>
  report.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter((test) => test.status === 'failed');
      const lines = failed.map((test) => `  ${test.fullName}\n${indent(test.failureMessages?.join('\n') ?? '')}`);
      return [pathOf(name), ...(lines.length > 0 ? lines : [indent(message ?? '')])].join('\n');
    })
    .join('\n\n');

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

/** Lines by which the reporter tells about a finished file; everything else waits until something fails. */
const showFiles = (text: string): void => {
  for (const line of text.split('\n')) if (/^ {2}[✓✗] /.test(line)) console.log(line);
};

const run = (
  script: string,
  args: string[],
  onOutput: (text: string) => void = () => {},
): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(workspaceRoot, 'node_modules', script), ...args], {
      cwd: workspaceRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CI: 'true', FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    const pid = child.pid as number;
    running.add(pid);
    watch(pid, 'TERM');
    let said = '';
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        onOutput(text);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(pid);
      forget(pid);
      resolve({ code, said });
    });
  });

/** What to end when we are told to end. */
const running = new Set<number>();

const endEverything = (): void => {
  for (const pid of running) process.kill(pid, 'SIGTERM');
  process.exit(130);
};

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, endEverything);
process.on('disconnect', endEverything);

await main();
// Our own parting is no reason to end what has ended.
process.off('disconnect', endEverything);
process.disconnect?.();
