import type { Problem, RunFeedEvent } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { WebSocket, type ClientOptions } from 'ws';

/** What the gateway says over a WebSocket. */
export interface Said {
  subscription?: string;
  position?: string;
  event?: RunFeedEvent & { masked?: true };
  ended?: boolean;
  unsubscribed?: boolean;
  authorized?: boolean;
  error?: Problem;
  gap?: { after: string };
}

/** One WebSocket, with all that it was told. */
export interface EventSocket {
  readonly said: Said[];
  /** Undefined: it is open. */
  readonly closedWith: number | undefined;
  say(message: unknown): void;
  events(subscription: string): (RunFeedEvent & { masked?: true })[];
  /** The place of the last event, or of a mark after it. */
  position(subscription: string): string | undefined;
  /** Resolves with the first thing said that fits. */
  heard(fits: (said: Said) => boolean): Promise<Said>;
  drop(): Promise<void>;
}

/** Resolves when it is open. @throws with the status that the gateway refused it with */
export const openEventSocket = async (url: string, options: ClientOptions = {}): Promise<EventSocket> => {
  const ws = new WebSocket(url.replace(/^http/, 'ws'), options);
  const said: Said[] = [];
  let closedWith: number | undefined;
  ws.on('message', (data: Buffer) => said.push(JSON.parse(data.toString()) as Said));
  ws.on('close', (code) => (closedWith = code));
  await new Promise<void>((resolve, reject) => {
    ws.on('open', resolve);
    ws.on('error', reject);
  });
  return {
    said,
    get closedWith() {
      return closedWith;
    },
    say: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    events: (subscription) =>
      said.flatMap((one) => (one.subscription === subscription && one.event ? [one.event] : [])),
    position: (subscription) => said.findLast((one) => one.subscription === subscription && one.position)?.position,
    heard: (fits) =>
      waitFor(() => said.find(fits), { describe: `${JSON.stringify(said.slice(-3))} and what is awaited` }),
    drop: async () => {
      ws.terminate();
      await waitFor(() => closedWith !== undefined);
    },
  };
};
