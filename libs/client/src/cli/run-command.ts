import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createClient } from '../create-client.ts';
import { NightshiftError } from '../nightshift-error.ts';
import { check, describeCheck, type Checked } from './check.ts';

/** What a command says and how it ends: 0 is well, 1 is a finding, 2 is a mistake in the command or no answer. */
export interface Ended {
  exitCode: 0 | 1 | 2;
  out: string;
  error: string;
}

const usage = `nightshift check <file or name>... [--url URL] [--key KEY] [--key-file FILE] [--json]

Replays what runs of a workflow did with another version of it: the document in a file, or the newest saved one
of a name. Ends with 1 if some run would have gone another way.

  --url       of the gateway; http://127.0.0.1:4400 if absent
  --key       the admin's key
  --key-file  a file that holds it; .nightshift/admin.key if absent, where \`npm start\` leaves it
  --json      the answers as JSON, one in each line
`;

const options = {
  url: { type: 'string', default: 'http://127.0.0.1:4400' },
  key: { type: 'string' },
  'key-file': { type: 'string', default: '.nightshift/admin.key' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Executes one command line, without the program's own name. */
export const runCommand = async (args: readonly string[]): Promise<Ended> => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command, ...subjects] = positionals;
    if (values.help) return { exitCode: 0, out: usage, error: '' };
    if (command !== 'check' || subjects.length === 0) return { exitCode: 2, out: '', error: usage };
    const client = createClient({ url: values.url, key: values.key ?? readKey(values['key-file']) });
    const lines: string[] = [];
    let isDifferent = false;
    for (const subject of subjects) {
      const found = await check(client, checkedIn(subject));
      if (found.differ.length > 0) isDifferent = true;
      lines.push(values.json ? JSON.stringify(found) : describeCheck(found));
    }
    return { exitCode: isDifferent ? 1 : 0, out: `${lines.join('\n')}\n`, error: '' };
  } catch (error) {
    return { exitCode: 2, out: '', error: `${inWords(error)}\n` };
  }
};

const readKey = (file: string): string => {
  if (!existsSync(file)) throw new Error(`There is no key: give --key, or --key-file (there is no ${file})`);
  return readFileSync(file, 'utf8').trim();
};

/** A name of a workflow has neither dots nor slashes; files have. */
const checkedIn = (subject: string): Checked =>
  /[./\\]/.test(subject) ? { document: readFileSync(subject, 'utf8') } : { name: subject };

const inWords = (error: unknown): string => {
  if (error instanceof NightshiftError) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  // What fetch throws says only that it failed; why is in its cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
