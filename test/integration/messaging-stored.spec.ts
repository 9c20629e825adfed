import type { StreamDeclaration } from '@nightshift/contracts';
import { connectBus, type Bus, type FeedMessage } from '@nightshift/messaging';
import { freePort, startNatsServer, type NatsServer } from '@nightshift/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let directory: string;
let server: NatsServer;
let bus: Bus;

const stream: StreamDeclaration = {
  name: 'KEPT',
  subjects: ['kept.>'],
  retention: 'limits',
  maxAgeMs: 3_600_000,
  duplicateWindowMs: 120_000,
};
const nowhere: StreamDeclaration = { ...stream, name: 'NOWHERE' };

const texts = (messages: FeedMessage[]): string[] => messages.map(({ text }) => text);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nightshift-messaging-'));
  server = await startNatsServer({ directory, port: await freePort() });
  bus = await connectBus({ url: server.url, name: 'stored-spec' });
  await bus.ensureStreams([stream]);
  for (const text of ['1', '2', '3', '4']) bus.publish(`kept.${text}`, text);
  await bus.flush();
});

afterAll(async () => {
  await bus.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('messages that a stream keeps', () => {
  it('are read in order, page by page', async () => {
    const first = await bus.readStream(stream, { fromSequence: 1, limit: 3 });
    expect(first).toEqual(
      [1, 2, 3].map((sequence) => ({
        sequence,
        subject: `kept.${sequence}`,
        text: String(sequence),
        time: expect.any(Date) as Date,
      })),
    );
    expect(texts(await bus.readStream(stream, { fromSequence: 4, limit: 3 }))).toEqual(['4']);
    expect(await bus.readStream(stream, { fromSequence: 5, limit: 3 })).toEqual([]);
  });

  it('are read one by one', async () => {
    expect(await bus.getMessage(stream, 2)).toMatchObject({ sequence: 2, subject: 'kept.2', text: '2' });
    expect(await bus.getMessage(stream, 99)).toBeUndefined();
  });

  it('are taken out once, and passed over from then on', async () => {
    expect(await bus.deleteMessage(stream, 2)).toBe(true);
    expect(await bus.deleteMessage(stream, 2)).toBe(false);
    expect(await bus.deleteMessage(stream, 99)).toBe(false);
    expect(await bus.getMessage(stream, 2)).toBeUndefined();
    expect(texts(await bus.readStream(stream, { fromSequence: 1, limit: 10 }))).toEqual(['1', '3', '4']);
  });

  it('are none where there is no such stream', async () => {
    expect(await bus.readStream(nowhere, { fromSequence: 1, limit: 10 })).toEqual([]);
    expect(await bus.getMessage(nowhere, 1)).toBeUndefined();
    expect(await bus.deleteMessage(nowhere, 1)).toBe(false);
  });
});
