import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { failures } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { format, resolveConfig } from 'prettier';
import { describeCommands } from './described-commands.ts';
import { answerSchemas, answersFile } from './answer-schemas.ts';
import { describedSchema } from './described-schema.ts';
import { withKeys } from './reference-keys.ts';
import { describeRest, restPage } from './rest-page.ts';

/** A page that the code writes, as a whole or its tables. */
export interface GeneratedDoc {
  /** From the root of the repository. */
  path: string;
  text: string;
}

const failuresPage = 'docs/failures.md';
const commandsPage = 'docs/commands.md';
const schemaFile = 'docs/schemas/workflow.schema.json';

/** Every generated page as it should be now, formatted as all files are. */
export const generateDocs = (): Promise<GeneratedDoc[]> =>
  Promise.all([
    formatted(failuresPage, describeFailures()),
    formatted(commandsPage, describeCommands()),
    formatted(restPage, describeRest()),
    formatted(answersFile, JSON.stringify(answerSchemas())),
    formatted(schemaFile, JSON.stringify(describedSchema())),
    ...globSync('docs/{reference,guides}/**/*.md', { cwd: workspaceRoot })
      .filter((page) => page !== restPage)
      .sort()
      .map((page) => formatted(page, withKeys(page))),
  ]);

const formatted = async (path: string, text: string): Promise<GeneratedDoc> => {
  const filepath = join(workspaceRoot, path);
  return { path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
};

const describeFailures = (): string => {
  const rows = Object.entries(failures).map(
    ([code, { status, retry, title }]) => `| \`${code}\` | ${status} | ${retry ? 'yes' : 'no'} | ${title} |`,
  );
  return [
    '# Failures',
    '',
    'Every error that leaves Nightshift carries one of these codes: as `code` in the `application/problem+json` answer of the gateway (RFC 9457), ' +
      'in the `problem` of a failed run and of the events `StepFailed` and `StepRetried`, and in dead letters. ' +
      'Codes are stable; titles and details are for people and may change.',
    '',
    '"Again" says whether the same request can succeed later without being changed. A step with `retry` is tried again only after such a failure; ' +
      'a dispatch that fails with another one is put aside at once, in `NS_DEAD`. ' +
      'Two steps know better: `http` goes by the status of the answer (408, 425, 429, 500, 502, 503 and 504 are tried again), ' +
      'and `call` is tried again after any failure of the run that it called.',
    '',
    '| Code | HTTP status | Again | Title |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'This page is generated from `libs/contracts/src/failures.ts`: `node tools/bootstrap.mjs tools/check/generated-docs.ts` writes it.',
    '',
  ].join('\n');
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { path, text } of await generateDocs()) {
    writeFileSync(join(workspaceRoot, path), text);
    console.log(path);
  }
  process.disconnect?.();
}
