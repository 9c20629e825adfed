import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames, type ServicePasswords } from '@nightshift/testing';

export interface Secrets {
  /** Of the Postgres superuser. */
  postgres: string;
  nats: string;
  natsSubscriber: string;
  services: ServicePasswords;
}

/** The passwords of this platform: made at the first start, kept in one file that only its owner may read. */
export const keepSecrets = (directory: string): Secrets => {
  const kept = readOrCreate(join(directory, 'secrets.json'), () =>
    JSON.stringify(
      {
        postgres: secret(),
        nats: secret(),
        natsSubscriber: secret(),
        services: Object.fromEntries(serviceNames.map((name) => [name, secret()])),
      } satisfies Record<keyof Secrets, unknown>,
      undefined,
      2,
    ),
  );
  return JSON.parse(kept) as Secrets;
};

export const adminKeyFile = (directory: string): string => join(directory, 'admin.key');

/** The key that opens the gateway, in a file of its own so that a shell can say `$(cat …)`. */
export const keepAdminKey = (directory: string): string => readOrCreate(adminKeyFile(directory), secret).trim();

export const natsSubscriberFile = (directory: string): string => join(directory, 'nats-subscriber.url');

/** Where subscribers of NATS connect, and as whom, in a file beside the key of the gateway. The port may be another one at each start. */
export const writeNatsSubscriber = (directory: string, url: string): void =>
  writeFileSync(natsSubscriberFile(directory), `${url}\n`, { mode: 0o600 });

/** The key that the secrets of workflows are sealed with: without it, what is in the database cannot be read again. */
export const keepSecretsKey = (directory: string): string =>
  readOrCreate(join(directory, 'secrets.key'), () => randomBytes(32).toString('base64')).trim();

const secret = (): string => randomBytes(24).toString('base64url');

const readOrCreate = (file: string, create: () => string): string => {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${create()}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8');
};
