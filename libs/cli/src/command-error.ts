import { exitCodes, type ExitCode } from './exit-codes.ts';

/** What a command ends with instead of doing it. A factory of plain errors: nobody needs another class. */
export interface CommandError extends Error {
  exitCode: ExitCode;
  /** What to do next, in a sentence. */
  advice?: string;
}

export const commandError = (
  message: string,
  { advice, exitCode = exitCodes.refused, cause }: { advice?: string; exitCode?: ExitCode; cause?: unknown } = {},
): CommandError => Object.assign(new Error(message, { cause }), { exitCode, ...(advice !== undefined && { advice }) });

export const isCommandError = (error: unknown): error is CommandError => error instanceof Error && 'exitCode' in error;
