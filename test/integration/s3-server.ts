import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort, startProcess } from '@nightshift/testing';

/** A server that speaks S3, as a process of its own. */
export interface S3Server {
  /** What a gateway is told to keep its files there. */
  readonly settings: Record<string, string>;
  /** Where it keeps what it is sent. */
  readonly folder: string;
  close(): Promise<void>;
}

const BUCKET = 'nightshift-test';

export const startS3Server = async (): Promise<S3Server> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-s3-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const main = join(dirname(fileURLToPath(import.meta.resolve('fauxqs'))), 'server.js');
  const server = await startProcess({
    name: 's3',
    command: process.execPath,
    args: [main],
    env: { ...process.env, FAUXQS_HOST: '127.0.0.1', FAUXQS_PORT: String(port), FAUXQS_S3_STORAGE_DIR: folder },
    logFile: join(folder, 'server.log'),
    stopSignal: 'SIGTERM',
    orphanSignal: 'KILL',
    stopTimeoutMs: 2_000,
    isReady: () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    readyTimeoutMs: 20_000,
  });
  const keys = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key' };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: keys });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  return {
    settings: {
      NIGHTSHIFT_FILES_URL: `s3://${BUCKET}/some/prefix`,
      NIGHTSHIFT_FILES_S3_ENDPOINT: endpoint,
      NIGHTSHIFT_FILES_S3_ACCESS_KEY_ID: keys.accessKeyId,
      NIGHTSHIFT_FILES_S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
    },
    folder,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
