import { runClosedLoop, type ClosedLoopOptions, type ClosedLoopResult } from './closed-loop.ts';
import { makeHttpCaller } from './http-caller.ts';

export interface Endpoint {
  /** One POST here is one run, answered when the run has ended. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Says what is wrong with an answer, if anything. Without it every answer with a 2xx status is a finished run. */
  findFault?: (body: string) => string | undefined;
}

export interface LoadEndpointOptions extends Endpoint, Pick<ClosedLoopOptions, 'onWindow'> {
  seconds: number;
  /** Smaller measures compiling and filling caches. */
  warmupSeconds?: number;
  concurrency?: number;
}

/** `seconds` and `warmupSeconds` are those of each of the two measurements, `onWindow` is told of the first. */
export type MeasureEndpointOptions = LoadEndpointOptions;

export interface EndpointFigures {
  /** With `concurrency` callers, each waiting for its answer. */
  busy: ClosedLoopResult;
  /** With one caller: its latencies are those of a run with nothing else to do. */
  oneAtATime: ClosedLoopResult;
}

/** Measures every engine in the same way: first under load, then one run at a time. Run it in a process without an engine. */
export const measureEndpoint = async (options: MeasureEndpointOptions): Promise<EndpointFigures> => {
  const busy = await loadEndpoint(options);
  const oneAtATime = await loadEndpoint({ ...options, concurrency: 1, onWindow: undefined });
  return { busy, oneAtATime };
};

/** Keeps `concurrency` callers waiting, each on a connection of its own. */
export const loadEndpoint = async ({
  url,
  headers,
  body,
  seconds,
  warmupSeconds = 2,
  concurrency = 100,
  findFault,
  onWindow,
}: LoadEndpointOptions): Promise<ClosedLoopResult> => {
  const caller = makeHttpCaller({ url, headers, connections: concurrency });
  const call = async (): Promise<void> => {
    const answer = await caller.send(body);
    const fault = answer.status >= 200 && answer.status < 300 ? findFault?.(answer.body) : `status ${answer.status}`;
    if (fault !== undefined) throw new Error(`${fault}: ${answer.body.slice(0, 300)}`);
  };
  try {
    return await runClosedLoop({
      concurrency,
      warmupMs: warmupSeconds * 1_000,
      durationMs: seconds * 1_000,
      call,
      onWindow,
    });
  } finally {
    caller.close();
  }
};
