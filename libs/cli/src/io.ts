/** What a command has of the process that it runs in. */
export interface Io {
  out: Output;
  error: Output;
  stdin: NodeJS.ReadStream;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Of the user. */
  home: string;
  /** Aborted by the first Ctrl-C. */
  interrupted: AbortSignal;
}

export type Output = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number };
