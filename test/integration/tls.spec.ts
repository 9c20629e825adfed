import { waitFor } from '@nightshift/testing';
import { mkdtempSync, renameSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { pino } from 'pino';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-tls-'));
const certPath = join(folder, 'now', 'tls.crt');
const keyPath = join(folder, 'now', 'tls.key');
const lines: string[] = [];
let gateway: TestGateway;

const newPair = (name: string) =>
  generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });

/** A whole folder takes the place of the one before, as orchestrators do it with secrets. */
const put = async (name: string): Promise<string> => {
  const { cert, private: key } = await newPair(name);
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'tls.crt'), cert);
  writeFileSync(join(folder, name, 'tls.key'), key);
  symlinkSync(name, join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'now'));
  return cert;
};

const peer = (): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.end();
    }).on('error', reject);
  });

beforeAll(async () => {
  await put('first');
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  gateway = await openTestGateway({ logger, settings: { NIGHTSHIFT_TLS_CERT: certPath, NIGHTSHIFT_TLS_KEY: keyPath } });
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a gateway with a certificate', () => {
  it('speaks TLS and nothing else, and says so', async () => {
    expect(gateway.url).toMatch(/^https:/);
    const { status, headers } = await new Promise<{ status: number | undefined; headers: Record<string, unknown> }>(
      (resolve, reject) =>
        request(
          `${gateway.url}/v1/workflows`,
          { rejectUnauthorized: false, headers: { authorization: `Bearer ${ADMIN_KEY}` } },
          (response) => {
            response.resume();
            resolve({ status: response.statusCode, headers: response.headers });
          },
        )
          .on('error', reject)
          .end(),
    );
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    await expect(fetch(gateway.url.replace('https', 'http'))).rejects.toThrow();
    expect((await peer()).subject.CN).toBe('first');
  });

  it('uses a new one without being started again', async () => {
    await put('second');
    await waitFor(async () => ((await peer()).subject.CN === 'second' ? true : undefined), {
      describe: 'the new certificate',
    });
  });

  it('goes on with what it has when the new one is none, or not the key’s', async () => {
    const refused = (count: number) =>
      waitFor(() => lines.filter((line) => line.includes('cannot be used')).length >= count || undefined, {
        describe: 'a certificate to be refused',
      });
    writeFileSync(join(folder, 'second', 'tls.crt'), 'nothing');
    await refused(1);
    expect((await peer()).subject.CN).toBe('second');
    writeFileSync(join(folder, 'second', 'tls.crt'), (await newPair('strange')).cert);
    await refused(2);
    expect((await peer()).subject.CN).toBe('second');
    // After both it still follows.
    await put('third');
    await waitFor(async () => ((await peer()).subject.CN === 'third' ? true : undefined), {
      describe: 'the next certificate',
    });
  });
});

it('a certificate without its key is a mistake in the settings', async () => {
  await expect(openTestGateway({ settings: { NIGHTSHIFT_TLS_CERT: certPath } })).rejects.toThrow(/need each other/);
});
