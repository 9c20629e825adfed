/** How a command ends. Scripts rely on the numbers. */
export const exitCodes = {
  /** It was done; the run succeeded. */
  done: 0,
  /** It was looked at, and something is wrong: the run failed, histories differ, the doctor found something. */
  finding: 1,
  /** Not understood, or refused. */
  refused: 2,
  /** The run was cancelled. */
  cancelled: 3,
  /** Nobody answers, or what is needed is away. */
  unreachable: 4,
  /** Left with Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
