import { Failure } from '@nightshift/contracts';
import type { IncomingMessage } from 'node:http';

/** An upload that brings nothing for longer is over: it holds a transaction open meanwhile. */
const STALL_MS = 30_000;

/** Breaks off an upload whose sender has fallen silent. Returns what ends the watch. */
export const endWhenStalled = (stream: IncomingMessage): (() => void) => {
  const end = (): void => {
    stream.destroy(new Failure('request.malformed', { detail: `Nothing arrived for ${STALL_MS / 1000} seconds` }));
  };
  stream.socket.setTimeout(STALL_MS, end);
  return () => {
    stream.socket.setTimeout(0);
    stream.socket.removeListener('timeout', end);
  };
};
