import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import type { Beating } from './beat-wheel.ts';
import type { EventSession } from './event-session.ts';
import { makeEventStreams } from './event-streams.ts';
import type { Outlet } from './outlet.ts';

it('a stream ends with the beat after its leave', async () => {
  const told: string[] = [];
  const outlet = { isFull: false, isClosed: false, end: () => void told.push('end') } as unknown as Outlet;
  const session = { isFull: false, beat: () => void told.push('beat'), close: () => {} } as unknown as EventSession;
  const spokes: Beating[] = [];
  const streams = makeEventStreams({
    follow: async (_followed, openOutlet) => {
      openOutlet();
      return session;
    },
    openSse: () => outlet,
    wheel: { add: (one) => (spokes.push(one), () => {}), close: () => {} },
  });
  let isThere = true;
  const followed = { filter: {}, seesPayloads: true, after: undefined };
  await streams.open(followed, { isThere: async () => isThere }, {} as ServerResponse);
  const beat = async (): Promise<void> => {
    spokes[0]!.beat();
    await new Promise(setImmediate);
  };
  await beat();
  expect(told).toEqual(['beat']);
  isThere = false;
  await beat();
  expect(told).toEqual(['beat', 'beat', 'end']);
});
