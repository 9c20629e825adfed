#!/usr/bin/env node
import { homedir } from 'node:os';
import { exitCodes } from './exit-codes.ts';
import { runCommandLine } from './run-command-line.ts';

// Whoever reads us has read enough: `nightshift events | head`.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.done);
  });
}

/** A terminal sends Ctrl-C to us and to npm above us, which passes it on: two within this time are one. */
const SAME_INTERRUPT_MS = 500;

const interrupt = new AbortController();
let interruptedAtMs: number | undefined;
process.on('SIGINT', () => {
  const nowMs = performance.now();
  interruptedAtMs ??= nowMs;
  interrupt.abort();
  // Whoever is impatient ends it at once.
  if (nowMs - interruptedAtMs > SAME_INTERRUPT_MS) process.exit(exitCodes.interrupted);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  error: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  interrupted: interrupt.signal,
});
// A connection that is kept alive for a next request must not keep the command.
process.stdin.unref?.();
process.disconnect?.();
