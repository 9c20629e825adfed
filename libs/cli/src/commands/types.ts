import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';

export const addTypes = ({ command }: Define): void => {
  command<{ output?: string; name?: string }>('types', {
    does: 'writes TypeScript types of the workflows and types that there are, for createClient',
    options: [
      ['-o, --output <file>', 'where to; the standard output if absent'],
      ['--name <name>', 'how the interface is called: Deployment'],
    ],
    action: async ({ client, screen, io }, { output, name }) => {
      if (name !== undefined && !/^[A-Za-z_$][\w$]*$/.test(name)) throw commandError(`"${name}" is no name of a type.`);
      const { generateTypes } = await import('../type-definitions.ts');
      const text = await generateTypes(client, { ...(name && { name }) });
      if (output === undefined) return screen.answer({ text }, text.trimEnd());
      const path = resolve(io.cwd, output);
      const isChanged = before(path) !== text;
      // Whoever watches the file sees a change only where there is one.
      if (isChanged) writeFileSync(path, text);
      if (screen.isJson) screen.json({ file: output, isChanged });
      screen.note(isChanged ? `The types are in ${output}.` : `${output} is as it was.`);
    },
  });
};

const before = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
