import { runClosedLoop, type ClosedLoopResult } from './closed-loop.ts';
import { makeHttpCaller } from './http-caller.ts';

export interface MeasureEndpointOptions {
  /** One POST here is one run, answered when the run has ended. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** How long each of the two measurements lasts. */
  seconds: number;
  /** Before each of them; smaller measures compiling and filling caches. */
  warmupSeconds?: number;
  concurrency?: number;
  /** Says what is wrong with an answer, if anything. Without it every answer with a 2xx status is a finished run. */
  findFault?: (body: string) => string | undefined;
}

export interface EndpointFigures {
  /** With `concurrency` callers, each waiting for its answer. */
  busy: ClosedLoopResult;
  /** With one caller: its latencies are those of a run with nothing else to do. */
  oneAtATime: ClosedLoopResult;
}

/** Measures every engine in the same way: first under load, then one run at a time. Run it in a process without an engine. */
export const measureEndpoint = async ({
  url,
  headers,
  body,
  seconds,
  warmupSeconds = 2,
  concurrency = 100,
  findFault,
}: MeasureEndpointOptions): Promise<EndpointFigures> => {
  const caller = makeHttpCaller({ url, headers, connections: concurrency });
  const call = async (): Promise<void> => {
    const answer = await caller.send(body);
    const fault = answer.status >= 200 && answer.status < 300 ? findFault?.(answer.body) : `status ${answer.status}`;
    if (fault !== undefined) throw new Error(`${fault}: ${answer.body.slice(0, 300)}`);
  };
  const times = { warmupMs: warmupSeconds * 1_000, durationMs: seconds * 1_000, call };
  try {
    const busy = await runClosedLoop({ concurrency, ...times });
    const oneAtATime = await runClosedLoop({ concurrency: 1, ...times });
    return { busy, oneAtATime };
  } finally {
    caller.close();
  }
};
