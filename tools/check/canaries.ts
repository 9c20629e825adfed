import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@nightshift/testing';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const folder = join(workspaceRoot, 'tools', 'check', 'canaries');

/**
 * Lints every canary, a file that breaks one rule on purpose, and returns what is wrong: a canary that the rule it
 * names does not catch shows that the rule has been lost. A canary says `// expects: <rule>`, and `// as: <path>` when
 * it must be seen as a file of that place; only those without a place are linted with types.
 */
export const checkCanaries = async (): Promise<string[]> => {
  const placed = lintWith({ ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] });
  const typed = lintWith({
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: join(folder, 'tsconfig.json') } },
  });
  const problems: string[] = [];
  const canaries = globSync('*.ts', { cwd: folder }).sort();
  for (const name of canaries) {
    const text = readFileSync(join(folder, name), 'utf8');
    const expected = /^\/\/ expects: (\S+)$/m.exec(text)?.[1];
    const place = /^\/\/ as: (\S+)$/m.exec(text)?.[1];
    if (expected === undefined) {
      problems.push(`canary ${name} does not say which rule it expects`);
      continue;
    }
    const [linter, path] = place === undefined ? [typed, join(folder, name)] : [placed, join(workspaceRoot, place)];
    const results = await linter.lintText(text, { filePath: path });
    const caught = results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId ?? 'a parse error'));
    if (!caught.includes(expected)) {
      problems.push(`canary ${name} was not caught by ${expected}, only by: ${caught.join(', ') || 'nothing'}`);
    }
  }
  if (canaries.length === 0) problems.push(`no canary in ${folder}`);
  return problems;
};

const lintWith = (override: object): ESLint =>
  new ESLint({ cwd: workspaceRoot, ignore: false, overrideConfig: override });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = await checkCanaries();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
