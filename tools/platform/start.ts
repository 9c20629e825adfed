import { mkdirSync } from 'node:fs';
import { isPortFree, serviceNames } from '@nightshift/testing';
import { build, isBuildNeeded } from './build.ts';
import { loadExampleOnce } from './example.ts';
import { keepRunning } from './keep-running.ts';
import { lockPlatform, type PlatformLock } from './platform-lock.ts';
import { startPlatform, type Part } from './platform.ts';
import { say, step } from './progress.ts';
import { portNames, portSettings, readSettings, type Settings } from './settings.ts';
import { welcome } from './welcome.ts';

const parts: Part[] = [];
const stopping = new AbortController();
let lock: PlatformLock | undefined;

const main = async (settings: Settings): Promise<void> => {
  const startedAt = performance.now();
  mkdirSync(settings.directory, { recursive: true });
  lock = await lockPlatform(settings.directory, `http://127.0.0.1:${settings.ports.gateway}`, (name) =>
    say(`! an earlier platform died and left ${name} running: stopping it`),
  );
  await demandFreePorts(settings);
  if (isBuildNeeded()) await step('build', () => build(stopping.signal));
  const urls = await startPlatform(settings, (part) => {
    parts.push(part);
    noteChildren();
  });
  await loadExampleOnce(settings.directory, urls.gateway, urls.adminKey);
  for (const { name, process: part } of parts) {
    void keepRunning({ name, part, say, onRestart: noteChildren, stopping: stopping.signal });
  }
  const tookSeconds = (performance.now() - startedAt) / 1000;
  say(welcome({ urls, directory: settings.directory, tookSeconds }));
};

const noteChildren = (): void => {
  lock?.noteChildren(Object.fromEntries(parts.map(({ name, process: { pid } }) => [name, pid])));
};

const demandFreePorts = async ({ ports }: Settings): Promise<void> => {
  const taken: string[] = [];
  for (const name of portNames) {
    if (await isPortFree(ports[name])) continue;
    taken.push(
      `port ${ports[name]} (${name}) is taken: stop what listens there, or choose another with ` +
        `${portSettings[name].variable}=… or npm start -- --${portSettings[name].flag} …`,
    );
  }
  if (taken.length > 0) throw new Error(taken.join('\n'));
};

/** Services first, the gateway before the others, so that each can still finish with what it leans on. */
const stopAll = async (): Promise<void> => {
  for (const app of serviceNames.toReversed()) {
    const replicas = parts.filter(({ process: part }) => 'app' in part && part.app === app);
    await Promise.all(replicas.map(({ process: part }) => part.stop()));
  }
  for (const name of ['nats-server', 'postgres']) await parts.find((part) => part.name === name)?.process.stop();
  lock?.release();
};

let stoppingSince = 0;

/** One signal stops in order; another, a second later or more, ends at once (one Ctrl-C may arrive twice). */
const onSignal = (name: string): void => {
  if (stopping.signal.aborted) {
    if (Date.now() - stoppingSince > 1_000) process.exit(130);
    return;
  }
  stoppingSince = Date.now();
  stopping.abort();
  say(`\n${name}: stopping (again to end at once)`);
  stopAll().then(
    () => {
      say('✓ everything is stopped; the data stays, npm start continues with it');
      process.exit(0);
    },
    (error: unknown) => fail(error),
  );
};

const fail = (error: unknown): void => {
  say(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
};

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => onSignal(name));
process.on('disconnect', () => onSignal('the terminal is gone'));
const heartbeat = setInterval(() => {}, 60_000);

try {
  await main(readSettings(process.argv.slice(2), process.env));
} catch (error) {
  clearInterval(heartbeat);
  if (!stopping.signal.aborted) {
    stopping.abort();
    await stopAll();
    fail(error);
  }
}
