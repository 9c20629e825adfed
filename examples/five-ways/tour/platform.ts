import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the platform is that the tour goes through. */
export interface Platform {
  gatewayUrl: string;
  adminKey: string;
  /** Undefined: the tour leaves out what it would do with plain SQL. */
  databaseUrl: string | undefined;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * What the environment says, or else what `npm start` has left in its folder.
 * @throws Error with a sentence that says what is missing
 */
export const findPlatform = (env: NodeJS.ProcessEnv): Platform => {
  const directory = env['NIGHTSHIFT_DIRECTORY'] ?? join(root, '.nightshift');
  const keyFile = join(directory, 'admin.key');
  const adminKey = env['NIGHTSHIFT_ADMIN_KEY'] ?? readIfThere(keyFile)?.trim();
  if (adminKey === undefined) {
    throw new Error(`There is no admin key in ${keyFile}: run npm start first, or set NIGHTSHIFT_ADMIN_KEY.`);
  }
  return {
    gatewayUrl: env['NIGHTSHIFT_URL'] ?? `http://127.0.0.1:${env['NIGHTSHIFT_PORT'] ?? '4400'}`,
    adminKey,
    databaseUrl: env['NIGHTSHIFT_DATABASE_URL'] ?? localDatabaseUrl(directory, env),
  };
};

/** The URL that `npm start` prints, made of what it keeps. */
const localDatabaseUrl = (directory: string, env: NodeJS.ProcessEnv): string | undefined => {
  const secrets = readIfThere(join(directory, 'secrets.json'));
  if (secrets === undefined) return undefined;
  const { postgres: password } = JSON.parse(secrets) as { postgres: string };
  // The fourth line is the port: https://www.postgresql.org/docs/18/storage-file-layout.html
  const [, , , runningPort] = readIfThere(join(directory, 'postgres', 'data', 'postmaster.pid'))?.split('\n') ?? [];
  const port = runningPort ?? env['NIGHTSHIFT_PG_PORT'] ?? '4432';
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/nightshift`;
};

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
