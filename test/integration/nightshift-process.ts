import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { workspaceRoot } from '@nightshift/testing';
import { runCommandLine } from '../../libs/cli/src/run-command-line.ts';

/** What a command said, and how it ended. */
export interface Ended {
  code: number | null;
  out: string;
  error: string;
}

export interface Running {
  process: ChildProcessWithoutNullStreams;
  /** What it has said so far. */
  said: () => { out: string; error: string };
  ended: Promise<Ended>;
}

export interface RunOptions {
  /** What is piped in. */
  input?: string;
  env?: Record<string, string>;
}

export interface CommandLine {
  /** Where commands run, and their home: nothing of this machine's is in it. */
  folder: string;
  run(...args: string[]): Promise<Ended>;
  runWith(options: RunOptions, ...args: string[]): Promise<Ended>;
  /** The same as a process of its own, as its users have it. */
  start(options: RunOptions, ...args: string[]): Running;
  /** What a command answers in JSON. */
  json<Answer>(...args: string[]): Promise<Answer>;
  close(): void;
}

/**
 * The command line, with an environment of its own. Commands run in this process, for starting one for each takes longer than what they do;
 * what a process has to show, as signals, pipes and how it ends, is for `start`. @param platform named in its environment, unless there is none
 */
export const openCommandLine = (platform?: { url: string; adminKey: string }): CommandLine => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-cli-'));
  const main = join(workspaceRoot, 'libs/cli/src/main.ts');
  const named = platform && { NIGHTSHIFT_URL: platform.url, NIGHTSHIFT_KEY: platform.adminKey };

  const start: CommandLine['start'] = ({ input = '', env }, ...args) => {
    const child = spawn(process.execPath, ['--conditions=source', main, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...named, ...env },
      stdio: 'pipe',
    });
    child.stdin.end(input);
    const said = { out: '', error: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.error += text));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...said }));
    });
    return { process: child, said: () => said, ended };
  };
  const runWith: CommandLine['runWith'] = async ({ input = '', env }, ...args) => {
    const said = { out: '', error: '' };
    const code = await runCommandLine(args, {
      out: { write: (text) => ((said.out += String(text)), true) },
      error: { write: (text) => ((said.error += String(text)), true) },
      stdin: Readable.from([input]) as NodeJS.ReadStream,
      env: { ...named, ...env },
      cwd: folder,
      home: folder,
      interrupted: new AbortController().signal,
    });
    return { code, ...said };
  };

  return {
    folder,
    start,
    runWith,
    run: (...args) => runWith({}, ...args),
    json: async <Answer>(...args: string[]) => {
      const { code, out, error } = await runWith({}, ...args, '--json');
      if (code !== 0) throw new Error(`nightshift ${args.join(' ')} ended with ${code}: ${error}`);
      return JSON.parse(out) as Answer;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
