import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { definedIn, readPlatformState } from '../definitions/platform-state.ts';
import { toFiles } from '../definitions/write-yaml.ts';
import type { Session } from '../session.ts';

/** Writes everything that is defined, in an order and a form that depend on nothing else. */
export const exportAll = async ({ client, screen, io }: Session, { output }: { output?: string }): Promise<void> => {
  const state = await readPlatformState(client);
  const defined = definedIn(state);
  const files = toFiles(defined);
  const drafts = [...state.workflows.values()].filter(({ publishedVersion }) => publishedVersion === null);
  if (screen.isJson) screen.json(defined);
  else if (output === undefined) screen.line([...files.values()].join('---\n').trimEnd());
  if (output !== undefined) {
    const folder = resolve(io.cwd, output);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    screen.note(`${files.size} files are in ${output}.`);
    const others = filesIn(folder).filter((path) => !files.has(path));
    if (others.length > 0) screen.note(`! These are there too, and not of this export: ${others.join(', ')}`);
  }
  if (drafts.length > 0) {
    screen.note(`! Never published, and so left out: ${drafts.map(({ name }) => name).join(', ')}`);
  }
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
