import { makeProgram } from '../../libs/cli/src/program.ts';

/** The help of the command line as a page: every command with its options, as the program itself declares them. */
export const describeCommands = (): string => {
  const program = makeProgram(io, { exitCode: 0 });
  return [
    '# Commands',
    '',
    'Every command of `nightshift`, which in the repository is `npm run -s nightshift --`. [The guide](guides/cli.md) shows how they go together.',
    '',
    '## All of them take',
    '',
    ...optionLines(program),
    ...groupsOf(program).flatMap(([title, commands]) => ['', `## ${title}`, ...commands.flatMap(commandLines)]),
    '',
    'This page is generated from `libs/cli/src/commands`: `node tools/bootstrap.mjs tools/check/generated-docs.ts` writes it.',
    '',
  ].join('\n');
};

type Command = ReturnType<typeof makeProgram>;

/** Nothing is executed, so nothing is said. */
const io = {
  out: { write: () => true },
  error: { write: () => true },
  stdin: process.stdin,
  env: {},
  cwd: '/',
  home: '/',
  interrupted: new AbortController().signal,
};

const escaped = (text: string): string => text.replaceAll('*', '\\*');

const optionLines = (command: Command): string[] =>
  command.options.map(({ flags, description }) => `- \`${flags}\`: ${escaped(description)}`);

const groupsOf = (program: Command): [string, Command[]][] => {
  const visible = program.commands.filter((command) => !isHidden(command));
  const single = visible.filter(({ commands }) => commands.length === 0);
  const groups = visible.filter(({ commands }) => commands.length > 0);
  return [
    ['By themselves', single],
    ...groups.map((group): [string, Command[]] => [
      `${group.name()}: ${group.description()}`,
      group.commands.filter((command) => !isHidden(command)),
    ]),
  ];
};

/** `complete` is asked by shells, and not by people. */
const isHidden = (command: Command): boolean => ['help', 'complete'].includes(command.name());

const commandLines = (command: Command): string[] => {
  const parents = command.parent === null || command.parent.parent === null ? '' : `${command.parent.name()} `;
  const parameters = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  const options = optionLines(command);
  return [
    '',
    `**\`${parents}${command.name()}${parameters.join('')}\`** ${escaped(command.description())}`,
    ...(options.length > 0 ? ['', ...options] : []),
  ];
};
