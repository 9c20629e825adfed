import { randomBytes, randomUUID } from 'node:crypto';
import { requests, type FileAnswer, type FileRequest } from '@nightshift/contracts';
import { makeLogger, openService, readConfig } from '@nightshift/runtime';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataConfigSchema } from '../../apps/data/src/config.ts';
import { openDataService } from '../../apps/data/src/open-data-service.ts';
import { openFilesPlatform, type FilesPlatform } from './files-platform.ts';

let platform: FilesPlatform;

/** Without a storage: the test is the gateway that holds it. */
beforeAll(async () => {
  platform = await openFilesPlatform({ NIGHTSHIFT_FILES_URL: '' });
});
afterAll(() => platform?.close());

const newKey = (): string => randomBytes(16).toString('hex');
const ask = (request: FileRequest): Promise<FileAnswer> =>
  platform.gateway.bus.request(requests.files, request, { timeoutMs: 5_000 });
const begin = async (id: string = randomUUID()): Promise<{ id: string; storageKey: string }> => {
  const upload = { id, storageKey: newKey() };
  await ask({ action: 'begin', ...upload, name: 'a', contentType: 'a/b' });
  return upload;
};
const content = { size: 1, sha256: '0'.repeat(64) };

/** Stands in for the gateways. @returns the keys that it was asked for so far, and what ends it */
const serve = (answer: (keys: string[]) => unknown): { asked: string[]; close(): Promise<void> } => {
  const asked: string[] = [];
  const serving = platform.gateway.bus.serve(
    requests.eraseContent,
    (body) => {
      const { storageKeys } = body as { storageKeys: string[] };
      asked.push(...storageKeys);
      return answer(storageKeys);
    },
    { queue: 'gateway' },
  );
  return { asked, close: serving.close };
};
const waiting = async (): Promise<string[]> => {
  const { rows } = await platform.sql.query<{ key: string }>(
    'SELECT storage_key AS key FROM nightshift_data.content_to_erase ORDER BY seq',
  );
  return rows.map(({ key }) => key);
};

it('content waits for a gateway, and goes when there is one', async () => {
  const { id, storageKey } = await begin();
  await ask({ action: 'abandon', id, storageKey });
  await waitFor(async () => {
    const { rows } = await platform.sql.query('SELECT FROM nightshift_data.content_to_erase WHERE attempts > 0');
    return rows.length === 1;
  });
  const gateway = serve((keys) => keys);
  await platform.settled(0);
  expect(gateway.asked).toEqual([storageKey]);
  await gateway.close();
});

it('content that one gateway could not erase is asked for again, and holds up no other', async () => {
  const stubborn = await begin();
  const other = await begin();
  let tries = 0;
  const gateway = serve((keys) => keys.filter((key) => key !== stubborn.storageKey || ++tries > 2));
  await ask({ action: 'abandon', ...stubborn });
  await ask({ action: 'abandon', ...other });
  await waitFor(async () => !(await waiting()).includes(other.storageKey));
  await platform.settled(0);
  expect(tries).toBe(3);
  await gateway.close();
});

it('a data service that dies between the question and the answer asks again', async () => {
  const { id, storageKey } = await begin();
  const { promise: hangs, resolve } = Promise.withResolvers<string[]>();
  let isFirst = true;
  const gateway = serve((keys) => (isFirst ? ((isFirst = false), hangs) : keys));
  await ask({ action: 'abandon', id, storageKey });
  await waitFor(() => gateway.asked.length === 1);
  const killed = await waitFor(async () => {
    const { rows } = await platform.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()`,
    );
    return rows.length;
  });
  expect(killed).toBe(1);
  resolve([storageKey]);
  await platform.settled(0);
  expect(gateway.asked).toEqual([storageKey, storageKey]);
  await gateway.close();
});

it('several data services share the work, and ask for nothing twice', async () => {
  const config = readConfig(DataConfigSchema, {
    NIGHTSHIFT_HTTP_PORT: '0',
    NIGHTSHIFT_NATS_URL: platform.gateway.nats.url,
    NIGHTSHIFT_DATA_URL: platform.gateway.dataUrl,
  });
  const another = await openService(await openDataService(config, makeLogger({ app: 'data', level: 'fatal' })));
  const gateway = serve((keys) => keys);
  try {
    await platform.sql.query(
      `INSERT INTO nightshift_data.files (id, name, content_type, size, sha256, storage_key, check_at)
       SELECT gen_random_uuid(), 'a', 'a/b', 1, 'x', replace(gen_random_uuid()::text, '-', ''), now() FROM generate_series(1, 1000)`,
    );
    await platform.sql.query('NOTIFY nightshift_files');
    await waitFor(async () => (await platform.files()).length === 0);
    await platform.settled(0);
    expect(gateway.asked).toHaveLength(1000);
    expect(new Set(gateway.asked).size).toBe(1000);
  } finally {
    await gateway.close();
    await another.close();
  }
});

it('an upload that nobody ends is given up, and its gateway is told if it comes back', async () => {
  const gateway = serve((keys) => keys);
  const upload = await begin();
  await platform.sql.query('UPDATE nightshift_data.file_uploads SET expires_at = now()');
  await platform.sql.query('NOTIFY nightshift_files');
  await waitFor(() => gateway.asked.includes(upload.storageKey));
  await expect(ask({ action: 'complete', ...upload, ...content })).rejects.toMatchObject({ code: 'file.superseded' });
  await ask({ action: 'abandon', ...upload });
  await platform.settled(0);
  // Once for the upload, once for what may have been stored since.
  expect(gateway.asked).toEqual([upload.storageKey, upload.storageKey]);
  await gateway.close();
});

it('another attempt at an upload takes its place, and the first one cannot end it', async () => {
  const gateway = serve((keys) => keys);
  const first = await begin();
  const second = await begin(first.id);
  await expect(ask({ action: 'complete', ...first, ...content })).rejects.toMatchObject({ code: 'file.superseded' });
  const file = await ask({ action: 'complete', ...second, ...content });
  expect(file).toMatchObject({ id: first.id, storageKey: second.storageKey });
  // The answer was lost; and the first attempt cleans up after itself, which does not touch the file.
  expect(await ask({ action: 'complete', ...second, ...content })).toEqual(file);
  await ask({ action: 'abandon', ...first });
  await ask({ action: 'abandon', ...second });
  expect(await ask({ action: 'find', id: first.id })).toEqual(file);
  // A third attempt hears that there is nothing left to do.
  const third = { id: first.id, storageKey: newKey(), name: 'a', contentType: 'a/b' };
  expect(await ask({ action: 'begin', ...third })).toEqual(file);
  await waitFor(() => gateway.asked.includes(first.storageKey));
  expect(gateway.asked).not.toContain(second.storageKey);
  await ask({ action: 'remove', id: first.id });
  await waitFor(() => gateway.asked.includes(second.storageKey));
  await gateway.close();
});

it('what is no request is refused', async () => {
  for (const wrong of [
    null,
    {},
    { action: 'find', id: 'x' },
    { action: 'begin', id: randomUUID(), storageKey: '../x' },
  ])
    await expect(ask(wrong as never)).rejects.toMatchObject({ code: 'request.invalid' });
  await expect(ask({ action: 'find', id: randomUUID() })).rejects.toMatchObject({ code: 'file.not_found' });
});
