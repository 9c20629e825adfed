import { CommanderError } from 'commander';
import { explain } from './explain.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { makeScreen } from './output/screen.ts';
import { makeProgram } from './program.ts';
import type { CommonOptions, Session } from './session.ts';

/** What is going on, for whoever has to explain how it ended. */
export interface Executing {
  session?: Session;
  exitCode: ExitCode;
}

/** Executes one command line, without the program's own name. Never throws. @returns how it ended */
export const runCommandLine = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  const executing: Executing = { exitCode: exitCodes.done };
  const program = makeProgram(io, executing);
  try {
    await program.parseAsync(args, { from: 'user' });
    return executing.exitCode;
  } catch (error) {
    // It has said itself what is wrong, or shown the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.refused;
    if (io.interrupted.aborted) return exitCodes.interrupted;
    const { session } = executing;
    const screen = session?.screen ?? makeScreen(io, program.opts<CommonOptions>());
    const { exitCode, message, details, advice } = await explain(
      error,
      session?.circumstances() ?? { platform: undefined },
    );
    screen.complain(`${screen.style('red', '✗')} ${message}`);
    for (const detail of details) screen.complain(`    ${detail}`);
    if (advice !== undefined) screen.complain(`→ ${advice}`);
    return exitCode;
  }
};
