import { commandError } from '../command-error.ts';
import { confirm } from '../connection/read-secret.ts';
import { applyChanges } from '../definitions/apply-changes.ts';
import { checkDefinitions } from '../definitions/check-definitions.ts';
import { compare, type Change } from '../definitions/compare.ts';
import { findBroken } from '../definitions/find-broken.ts';
import type { Mistake } from '../definitions/definition.ts';
import { readPlatformState } from '../definitions/platform-state.ts';
import { readDefinitions } from '../definitions/read-definitions.ts';
import { diffOf, lossesOf, showChange, titleOf } from '../definitions/show-change.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Screen } from '../output/screen.ts';
import type { Session } from '../session.ts';

interface ApplyOptions {
  file?: string[];
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  force?: boolean;
}

/** Checks everything, shows what differs, and makes it so. With one mistake nothing is applied. */
export const apply = async (session: Session, options: ApplyOptions): Promise<ExitCode | void> => {
  const { client, screen, io } = session;
  const { file: files = [], dryRun = false, prune = false, yes = false, force = false } = options;
  if (files.length === 0)
    throw commandError('What is to be applied?', { advice: 'nightshift apply -f <file or folder>' });
  const { definitions, mistakes } = await readDefinitions(files, io);
  if (mistakes.length > 0) return tellMistakes(screen, mistakes);
  if (definitions.length === 0) throw commandError(`Nothing is defined in ${files.join(', ')}.`);

  const rules = definitions.filter(({ kind }) => kind === 'privacy').map(({ name }) => name);
  const state = await readPlatformState(client, new Set(rules));
  const wrong = checkDefinitions(definitions, state);
  if (wrong.length > 0) return tellMistakes(screen, wrong);
  const { changes, mistakes: refused } = await compare(client, definitions, state, { prune });
  if (refused.length > 0) return tellMistakes(screen, refused);

  if (changes.length === 0) {
    return screen.answer(
      { changes: [], applied: !dryRun },
      `Nothing to change: all ${definitions.length} are as they are written.`,
    );
  }
  const broken = findBroken(definitions, state);
  if (!screen.isJson) for (const change of changes) showChange(screen, change);
  for (const sentence of broken) screen.complain(screen.style('yellow', `! ${sentence}`));
  screen.note(`\n${countsOf(changes)}${dryRun ? '; nothing is done (--dry-run)' : ''}`);
  if (dryRun) return tellJson(screen, changes, false);

  const losses = [...broken, ...changes.flatMap(lossesOf)];
  if (losses.length > 0 && !yes && !(await confirm(io, 'Something is lost or broken by that. Go on?'))) {
    throw commandError('Nothing is applied, because something would be lost or broken by it.', {
      advice: '--yes applies it all the same.',
    });
  }
  await applyChanges(client, changes, {
    force,
    onDone: (change) => screen.note(`${screen.style('green', '✓')} ${titleOf(change)} ${doneWords[change.action]}`),
    // Logs of a pipeline are no place for it.
    onSecretMade: (webhook) =>
      screen.complain(
        `${screen.style(
          'yellow',
          `! webhook ${webhook} names no stored secret, and signs with one that was made for it.`,
        )} To see another in its place: nightshift api PUT /v1/webhooks/${webhook}/secret`,
      ),
  });
  tellJson(screen, changes, true);
};

const doneWords = { create: 'is made', change: 'is changed', remove: 'is removed' };

const tellJson = (screen: Screen, changes: readonly Change[], isApplied: boolean): void => {
  if (!screen.isJson) return;
  const told = changes.map((change) => {
    const { kind, name } = change.action === 'remove' ? change.before : change.definition;
    return { kind, name, action: change.action, diff: diffOf(change), losses: lossesOf(change) };
  });
  screen.json({ changes: told, applied: isApplied });
};

const countsOf = (changes: readonly Change[]): string => {
  const words = { create: 'to make', change: 'to change', remove: 'to remove' };
  return (['create', 'change', 'remove'] as const)
    .map((action) => [changes.filter((change) => change.action === action).length, words[action]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
};

const tellMistakes = (screen: Screen, mistakes: readonly Mistake[]): ExitCode => {
  if (screen.isJson) screen.json({ mistakes, applied: false });
  for (const { file, line, column, pointer, detail, suggestion } of mistakes) {
    const place = `${file}:${line}:${column}`;
    const what = `${pointer === '' ? '' : `${pointer} `}${detail}`;
    screen.complain(
      `${screen.style('red', '✗')} ${place}: ${what}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`,
    );
  }
  screen.complain(`→ ${mistakes.length === 1 ? 'One mistake' : `${mistakes.length} mistakes`}: nothing is applied.`);
  return exitCodes.refused;
};
