import { createTwoFilesPatch } from 'diff';
import type { Screen, Style } from '../output/screen.ts';
import type { Change } from './compare.ts';
import { kindNames, type Defined } from './definition.ts';
import { orderLike } from './order-like.ts';
import { toYaml } from './write-yaml.ts';

const styles: Record<string, Style> = { '+': 'green', '-': 'red', '@': 'cyan' };

/** Fields that a type keeps though they are not written are in force all the same. */
const afterOf = ({ definition, before }: Extract<Change, { action: 'create' | 'change' }>): Defined => {
  if (definition.kind !== 'type') return definition;
  const { fields, drop = [] } = definition.body;
  const renamed = new Set(Object.values(fields).map(({ renamedFrom }) => renamedFrom));
  const kept = Object.entries((before?.kind === 'type' && before.body.fields) || {}).filter(
    ([name]) => !drop.includes(name) && !renamed.has(name),
  );
  const declared = Object.entries(fields).map(
    ([name, { renamedFrom: _was, whereUnfit: _unfit, ...field }]) => [name, field] as const,
  );
  return { kind: 'type', name: definition.name, body: { fields: Object.fromEntries([...kept, ...declared]) } };
};

/** What changes, as a unified diff of what is there and what is written. */
export const diffOf = (change: Change): string => {
  const { before } = change;
  const after = change.action === 'remove' ? undefined : afterOf(change);
  const title = titleOf(change);
  const ordered =
    before !== undefined && after !== undefined
      ? ({ ...before, body: orderLike(after.body, before.body) } as Defined)
      : before;
  const [one, other] = [ordered, after].map((defined) => (defined === undefined ? '' : toYaml(defined)));
  const file = change.action === 'remove' ? '/dev/null' : change.definition.source.file;
  const patch = createTwoFilesPatch(
    before === undefined ? '/dev/null' : `there: ${title}`,
    file,
    one!,
    other!,
    '',
    '',
    { context: 2 },
  );
  // The first line is a rule for tools that we are none of.
  return patch.replace(/^=+\n/, '').trimEnd();
};

export const titleOf = (change: Change): string => {
  const { kind, name } = change.action === 'remove' ? change.before : change.definition;
  return `${kindNames[kind]} ${name}`;
};

/** The diff, coloured where somebody sees it, and what a type's change does beside that. */
export const showChange = (screen: Screen, change: Change): void => {
  for (const line of diffOf(change).split('\n')) {
    const style = line.startsWith('+++') || line.startsWith('---') ? 'bold' : styles[line[0] ?? ''];
    screen.line(style === undefined ? line : screen.style(style, line));
  }
  for (const loss of lossesOf(change)) screen.line(screen.style('yellow', `! ${loss}`));
};

/** What is lost if the change is made: it is asked for first. */
export const lossesOf = (change: Change): string[] => {
  if (change.action === 'remove') return [`${titleOf(change)} is removed`];
  const { plan } = change;
  if (plan?.verdict !== 'unconfirmed') return [];
  return plan.steps.flatMap(({ does, affected = [] }) =>
    affected.map(
      ({ pointer, things, detail }) => `${does}: ${things} things ${detail}${pointer === '' ? '' : ` (${pointer})`}`,
    ),
  );
};
