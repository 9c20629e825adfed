import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Failure } from '@nightshift/contracts';
import { readConfig } from '@nightshift/runtime';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileStorage } from '../../apps/gateway/src/files/storage/file-storage.ts';
import { openStorage } from '../../apps/gateway/src/files/storage/open-storage.ts';
import { storageConfig } from '../../apps/gateway/src/files/storage/storage-config.ts';
import { startS3Server, type S3Server } from './s3-server.ts';

const MIB = 1024 * 1024;

let s3: S3Server;
let folder: string;

const open = (settings: Record<string, string>): Promise<FileStorage | undefined> =>
  openStorage(readConfig(Type.Object(storageConfig), settings));
const onDisk = (path: string): Record<string, string> => ({ NIGHTSHIFT_FILES_URL: pathToFileURL(path).href });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-files-'));
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3?.close();
  rmSync(folder, { recursive: true, force: true });
});

const newKey = (): string => randomBytes(16).toString('hex');
const bytesOf = async (content: Readable | undefined): Promise<Buffer> => Buffer.concat(await content!.toArray());

/** A content that ends after so many bytes with an error in place of an end. */
const breaksAfter = (bytes: number, error: Error): Readable =>
  Readable.from(
    (function* () {
      for (let sent = 0; sent < bytes; sent += MIB) yield Buffer.alloc(MIB, 1);
      throw error;
    })(),
    { objectMode: false },
  );

describe.each(['disk', 's3'])('storage on %s', (kind) => {
  let storage: FileStorage;
  const files = (): string[] =>
    readdirSync(kind === 'disk' ? join(folder, 'deep', 'er') : s3.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'server.log')
      .map(({ name }) => name);

  beforeAll(async () => {
    storage = (await open(kind === 'disk' ? onDisk(join(folder, 'deep', 'er')) : s3.settings))!;
  });
  afterAll(() => storage?.close());

  it('gives back what it was given, and each part of it', async () => {
    const key = newKey();
    const content = randomBytes(100_000);
    await storage.write(key, Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]));
    expect((await bytesOf(await storage.read(key))).equals(content)).toBe(true);
    const part = await bytesOf(await storage.read(key, { start: 69_990, end: 70_010 }));
    expect(part.equals(content.subarray(69_990, 70_011))).toBe(true);
  });

  it('keeps a content that is larger than a part of an upload', async () => {
    const key = newKey();
    const content = randomBytes(20 * MIB);
    await storage.write(
      key,
      Readable.from(
        (function* () {
          for (let at = 0; at < content.length; at += MIB) yield content.subarray(at, at + MIB);
        })(),
        { objectMode: false },
      ),
    );
    expect((await bytesOf(await storage.read(key))).equals(content)).toBe(true);
    await storage.remove(key);
  });

  it('keeps nothing at all as well', async () => {
    const key = newKey();
    await storage.write(key, Readable.from([], { objectMode: false }));
    expect(await bytesOf(await storage.read(key))).toHaveLength(0);
  });

  it.each([
    ['at once', 0],
    ['in the middle', 3 * MIB],
    ['after parts have been sent', 20 * MIB],
  ])('keeps nothing of a content that breaks off %s, and says why it did', async (_, bytes) => {
    const before = files();
    const key = newKey();
    const error = new Failure('file.incomplete');
    await expect(storage.write(key, breaksAfter(bytes, error))).rejects.toBe(error);
    expect(await storage.read(key)).toBeUndefined();
    expect(files()).toEqual(before);
  });

  it('removes what is there, and does not mind what is not', async () => {
    const key = newKey();
    await storage.write(key, Readable.from([Buffer.from('x')], { objectMode: false }));
    await storage.remove(key);
    expect(await storage.read(key)).toBeUndefined();
    await storage.remove(key);
    await storage.remove(newKey());
  });

  it('lets a reader go who has had enough', async () => {
    const key = newKey();
    await storage.write(key, Readable.from([randomBytes(5 * MIB)], { objectMode: false }));
    for (let times = 0; times < 3; times++) (await storage.read(key))!.destroy();
    expect(await bytesOf(await storage.read(key))).toHaveLength(5 * MIB);
  });
});

describe('a storage that cannot be used', () => {
  it('says so, without its own words', async () => {
    const away = (await open({ ...s3.settings, NIGHTSHIFT_FILES_S3_ENDPOINT: 'http://127.0.0.1:1' }))!;
    const code = { code: 'file.unavailable', message: 'The storage of files does not answer' };
    await expect(away.write(newKey(), Readable.from([Buffer.from('x')]))).rejects.toMatchObject(code);
    await expect(away.read(newKey())).rejects.toMatchObject(code);
    away.close();
    const other = (await open({ ...s3.settings, NIGHTSHIFT_FILES_URL: 's3://another-bucket' }))!;
    await expect(other.read(newKey())).rejects.toMatchObject(code);
    other.close();
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await expect(open(onDisk(join(file, 'below')))).rejects.toMatchObject(code);
  });

  it('on disk, is one whose folder vanished', async () => {
    const root = join(folder, 'vanishes');
    const storage = (await open(onDisk(root)))!;
    rmSync(root, { recursive: true });
    writeFileSync(root, 'not a folder any more');
    chmodSync(root, 0o600);
    await expect(storage.write(newKey(), Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
      code: 'file.unavailable',
    });
  });

  it('is none at all where the deployment names none', async () => {
    expect(await open({})).toBeUndefined();
    for (const NIGHTSHIFT_FILES_URL of ['/var/files', 'http://files', 's3://', 'file://']) {
      await expect(async () => open({ NIGHTSHIFT_FILES_URL })).rejects.toThrow('NIGHTSHIFT_FILES_URL');
    }
  });
});
