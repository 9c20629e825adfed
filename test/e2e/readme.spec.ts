import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, workspaceRoot, type Cluster } from '@nightshift/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { load } from '../../examples/five-ways/load.ts';

interface Example {
  expected: string[];
  commands: string;
}

/** Blocks of shell below a comment `<!-- example: this / and this -->`, which says what they print. */
const readExamples = (text: string): Example[] =>
  [...text.matchAll(/^<!-- example:? ?(.*?) ?-->\n\n```sh\n(.*?)^```$/gms)].map(([, expected = '', commands = '']) => ({
    expected: expected.split(' / ').filter((part) => part !== ''),
    commands,
  }));

const examples = readExamples(readFileSync(join(workspaceRoot, 'README.md'), 'utf8'));

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-readme-'));
  cluster = await startCluster();
  await load({ gatewayUrl: cluster.gatewayUrls[0]!, adminKey: cluster.adminKey });
  writePlatformFolder();
  writePsql();
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm start` leaves in the folder of the repository. */
const writePlatformFolder = (): void => {
  const { password } = new URL(cluster.databaseUrl);
  mkdirSync(join(folder, '.nightshift'));
  writeFileSync(join(folder, '.nightshift', 'admin.key'), cluster.adminKey);
  writeFileSync(
    join(folder, '.nightshift', 'secrets.json'),
    JSON.stringify({ postgres: decodeURIComponent(password) }),
  );
};

/** Not every machine has psql. This one knows the options of the page, and shows rows as psql does, but for the blanks. */
const writePsql = (): void => {
  const script = `#!${process.execPath}
const { parseArgs } = require('node:util');
const { Client } = require(${JSON.stringify(join(workspaceRoot, 'node_modules/pg'))});
const options = Object.fromEntries(['h', 'p', 'U', 'd', 'c'].map((short) => [short, { type: 'string', short }]));
const { h: host, p: port, U: user, d: database, c: text } = parseArgs({ options }).values;
const asTexts = { getTypeParser: () => (text) => text };
const main = async () => {
  const client = new Client({ host, port: Number(port), user, database, password: process.env.PGPASSWORD });
  await client.connect();
  const { command, rowCount, fields, rows } = await client.query({ text, rowMode: 'array', types: asTexts });
  await client.end();
  if (command !== 'SELECT') return console.log(command, rowCount);
  for (const cells of [fields.map(({ name }) => name), ...rows]) console.log(cells.join(' | '));
  console.log(\`(\${rowCount} row\${rowCount === 1 ? '' : 's'})\`);
};
main();
`;
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'psql'), script);
  chmodSync(join(folder, 'bin', 'psql'), 0o755);
};

/** One shell for all of them, as for somebody who pastes one after the other. Answers with what each printed. */
const runExamples = async (): Promise<string[]> => {
  const mark = '⏎ end of an example';
  const { port } = new URL(cluster.databaseUrl);
  const script = examples
    .map(({ commands }) => `${commands}\necho '${mark}'\n`)
    .join('')
    .replaceAll('http://127.0.0.1:4400', cluster.gatewayUrls[0]!)
    .replaceAll('-p 4432', `-p ${port}`);
  const shell = spawn('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', resolve);
  });
  return said.split(mark);
};

const withoutBlanks = (text: string): string => text.replaceAll(/[ \t]+/g, ' ');

test('the commands of README.md print what it says', async () => {
  expect(examples.length).toBeGreaterThan(6);
  const printed = await runExamples();
  expect(printed, printed.join('')).toHaveLength(examples.length + 1);
  for (const [index, { expected, commands }] of examples.entries()) {
    for (const part of expected) {
      expect(withoutBlanks(printed[index]!), `of\n${commands}`).toContain(withoutBlanks(part));
    }
  }
}, 90_000);
