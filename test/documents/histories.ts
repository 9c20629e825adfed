import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';

/** Of a run as it was: the document, and what happened. */
export interface History {
  document: Record<string, unknown>;
  events: RunEvent[];
}

const folder = join(workspaceRoot, 'test/histories');

/** Where the history of an example is: pages of one name in two folders are two pages. */
export const historyFile = ({ page, number }: { page: string; number: number }): string => {
  const name = page.replace(/^(docs|test\/histories|examples)\//, '').replace(/\.\w+$/, '');
  return join(folder, `${name.replaceAll('/', '-')}-${number}.json`);
};

/** Whether the histories of this run of the tests are to be kept: `npm run histories:record`. */
export const isRecording = process.env['NIGHTSHIFT_RECORD_HISTORIES'] === '1';

/** Examples may have gone since the last recording. */
export const forgetHistories = (): void => {
  for (const file of globSync('*.json', { cwd: folder })) rmSync(join(folder, file));
};

/** Keeps the history for `test/histories`, in the place of the one that was recorded before. */
export const keepHistory = (
  { page, number }: { page: string; number: number },
  document: Record<string, unknown>,
  events: RunEvent[],
): void => {
  mkdirSync(folder, { recursive: true });
  const history: History = { document, events };
  writeFileSync(historyFile({ page, number }), `${JSON.stringify(history, null, 2)}\n`);
};
