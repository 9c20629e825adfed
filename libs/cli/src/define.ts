import type { Command } from 'commander';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Executing } from './run-command-line.ts';
import { openSession, type CommonOptions, type Session } from './session.ts';

/** Does what a command is for. @returns how it ended; nothing: it was done */
export type Action<Options, Args extends unknown[]> = (
  session: Session,
  options: Options,
  ...args: Args
) => Promise<ExitCode | void>;

/** `runs get <id>`: the last words are arguments as commander writes them. */
export interface CommandSpec<Options, Args extends unknown[]> {
  does: string;
  /** `[flags, what they mean]`; values of an option that is given several times are gathered. */
  options?: readonly (readonly [flags: string, means: string])[];
  action: Action<Options, Args>;
}

export interface Define {
  /** Declares a command below the groups of its words. */
  command<Options = object, Args extends unknown[] = string[]>(usage: string, spec: CommandSpec<Options, Args>): void;
  /** Says what a group of commands is for. */
  group(name: string, does: string): void;
}

/** Repeatable options end with three dots, which commander does not know. */
const REPEATED = /\.\.\.$/;

export const makeDefine = (program: Command, io: Io, executing: Executing): Define => {
  const groups = new Map<string, Command>();
  const group = (name: string, does = ''): Command => {
    const known = groups.get(name);
    if (known !== undefined) {
      if (does !== '') known.description(does);
      return known;
    }
    const made = program.command(name).description(does);
    groups.set(name, made);
    return made;
  };

  return {
    group: (name, does) => void group(name, does),
    command: (usage, { does, options = [], action }) => {
      const words = usage.split(' ');
      const firstArgument = words.findIndex((word) => /^[<[]/.test(word));
      const names = firstArgument === -1 ? words : words.slice(0, firstArgument);
      const parameters = firstArgument === -1 ? [] : words.slice(firstArgument);
      const parent = names.length === 2 ? group(names[0]!) : program;
      const command = parent
        .command(names.at(-1)!, { isDefault: names.length === 2 && names[1] === 'list' })
        .description(does);
      for (const parameter of parameters) command.argument(parameter);
      for (const [flags, means] of options) {
        if (REPEATED.test(flags)) {
          command.option(flags.replace(REPEATED, ''), means, (value: string, before: string[] = []) => [
            ...before,
            value,
          ]);
        } else command.option(flags, means);
      }
      command.action(async (...given: unknown[]) => {
        // Commander adds the options and the command itself to the arguments.
        const all = command.optsWithGlobals();
        const session = openSession(io, all as CommonOptions);
        executing.session = session;
        const result = await action(session, all as never, ...(given.slice(0, -2) as never));
        executing.exitCode = result ?? exitCodes.done;
      });
    },
  };
};
