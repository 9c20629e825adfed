import type { Io } from '../io.ts';

/** A secret from whoever types it, without showing it; or the first line of what is piped in. Undefined: nothing was given. */
export const readSecret = async (
  { stdin, error }: Pick<Io, 'stdin' | 'error'>,
  prompt: string,
): Promise<string | undefined> => {
  if (stdin.isTTY !== true) {
    const [line = ''] = (await readAll(stdin)).split('\n');
    return line.trim() || undefined;
  }
  error.write(prompt);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const text of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      for (const character of text) {
        if (character === '\r' || character === '\n') return typed.trim() || undefined;
        // Ctrl-C and Ctrl-D: raw mode makes no signals.
        if (character === '\u0003' || character === '\u0004') return undefined;
        typed = character === '\u007f' || character === '\b' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed.trim() || undefined;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    error.write('\n');
  }
};

/** Everything that is piped in. */
export const readAll = async (stdin: NodeJS.ReadStream): Promise<string> => {
  stdin.setEncoding('utf8');
  let text = '';
  for await (const part of stdin as AsyncIterable<string>) text += part;
  return text;
};

/** Asks a question that is answered by y or n; no unless somebody says yes. */
export const confirm = async (io: Pick<Io, 'stdin' | 'error'>, question: string): Promise<boolean> => {
  if (io.stdin.isTTY !== true) return false;
  const { createInterface } = await import('node:readline/promises');
  const asking = createInterface({ input: io.stdin, output: io.error as NodeJS.WriteStream });
  const interrupt = new AbortController();
  asking.once('SIGINT', () => interrupt.abort());
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal: interrupt.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (interrupt.signal.aborted) return false;
    throw error;
  } finally {
    asking.close();
  }
};
