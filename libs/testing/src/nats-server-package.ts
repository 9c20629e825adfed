import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findMirror, type Mirror } from './package-mirror.ts';

const run = promisify(execFile);

/** Releases whose archive has a nats-server that is new enough, the calmest first. */
const releases: Record<string, string[]> = {
  debian: ['trixie', 'sid'],
  ubuntu: ['resolute', 'questing'],
};

/**
 * Fetches the package `nats-server` of a newer release of this system with the system's own apt, and unpacks the
 * program to `target`. Nothing of the system is touched and nobody needs to be root: lists, sources and archives are
 * of our own, in a folder that is removed again; the mirror, its key and the proxy are those the machine already uses.
 * A release whose program is not usable is passed over. Rejects with the reasons.
 */
export const fetchNatsServer = async (
  target: string,
  isUsable: (program: string) => boolean,
  onProgress: (line: string) => void,
): Promise<void> => {
  const system = osRelease();
  const family = [system.ID, ...(system.ID_LIKE ?? '').split(' ')].find((id) => id !== undefined && id in releases);
  if (family === undefined)
    throw new Error(`no recipe for ${system.ID ?? process.platform}, only for Debian and Ubuntu`);
  const mirror = findMirror('/etc/apt', family, system.VERSION_CODENAME);
  if (mirror === undefined) throw new Error(`/etc/apt names no ${family} mirror`);

  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), 'fetching-'));
  const failures: string[] = [];
  try {
    for (const release of releases[family] ?? []) {
      try {
        onProgress(`fetching nats-server from ${family} ${release} (${mirror.uri})`);
        const program = await fetchFrom(mirror, release, join(folder, release));
        if (!isUsable(program)) throw new Error('it is too old or does not run on this system');
        renameSync(program, target);
        return;
      } catch (error) {
        const said = (error as { stderr?: string }).stderr || String(error);
        failures.push(`${release}: ${said.trim().split('\n').at(-1)}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw new Error(failures.join('; '));
};

const fetchFrom = async (mirror: Mirror, release: string, folder: string): Promise<string> => {
  for (const name of ['lists/partial', 'archives/partial', 'unpacked'])
    mkdirSync(join(folder, name), { recursive: true });
  const signedBy = mirror.signedBy === undefined ? '' : `[signed-by=${mirror.signedBy}] `;
  writeFileSync(join(folder, 'sources.list'), `deb ${signedBy}${mirror.uri} ${release} ${mirror.components}\n`);
  writeFileSync(join(folder, 'apt.conf'), aptConfiguration(folder));
  const options = { cwd: folder, timeout: 300_000 };
  await run('apt-get', ['-c', 'apt.conf', 'update'], options);
  await run('apt-get', ['-c', 'apt.conf', 'download', 'nats-server'], options);
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get download left no package');
  await run('dpkg-deb', ['-x', archive, 'unpacked'], options);
  const program = ['usr/sbin', 'usr/bin']
    .map((place) => join(folder, 'unpacked', place, 'nats-server'))
    .find(existsSync);
  if (program === undefined) throw new Error(`${archive} holds no nats-server`);
  return program;
};

/** Read after the machine's own configuration, which may run commands on the system's folders after an update. */
const aptConfiguration = (folder: string): string => `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "${folder}";
Dir::State::lists "${folder}/lists";
Dir::State::status "/dev/null";
Dir::Cache "${folder}";
Dir::Cache::archives "${folder}/archives";
Dir::Etc::sourcelist "${folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
`;

const osRelease = (): Record<string, string> => {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
};
