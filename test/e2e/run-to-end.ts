import { spawn } from 'node:child_process';

/** What a program has said, on both of its outputs, and how it ended. */
export interface Ended {
  code: number | null;
  said: string;
}

/** Runs a program, with this environment alone. */
export const runToEnd = (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const program = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const output of [program.stdout, program.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    program.once('error', reject);
    program.once('close', (code) => resolve({ code, said }));
  });
