import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  announceTestServers,
  createTestTemplate,
  freePorts,
  removeAtEnd,
  serviceNames,
  startNatsServer,
  startPostgres,
  type ServicePasswords,
} from '@nightshift/testing';

/** One Postgres and one nats-server for all integration tests of a run; each file takes a database of its own. */
export const setup = async (): Promise<() => Promise<void>> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-servers-'));
  chmodSync(folder, 0o711); // Postgres may have to run as another user.
  removeAtEnd(folder);
  const [postgresPort, natsPort] = (await freePorts(2)) as [number, number];
  const [postgres, nats] = await Promise.all([
    startPostgres({ directory: join(folder, 'postgres'), port: postgresPort }),
    startNatsServer({ directory: join(folder, 'nats'), port: natsPort }),
  ]);
  const passwords = Object.fromEntries(
    serviceNames.map((name) => [name, randomBytes(12).toString('hex')]),
  ) as ServicePasswords;
  await createTestTemplate(postgres.url, passwords);
  announceTestServers({
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    natsSubscriberUrl: nats.subscriberUrl,
    passwords,
  });
  return async () => {
    await Promise.all([postgres.stop(), nats.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
};
