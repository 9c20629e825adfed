import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@nightshift/testing';
import { loadEndpoint } from './load/measure-endpoint.ts';
import { withPlatform } from './platform/platform.ts';
import { attachProfiler } from './profile/attach-profiler.ts';
import { selfTimes, type CpuProfile } from './profile/self-times.ts';
import { cpuTable } from './report/cpu-table.ts';
import { say } from './report/print.ts';
import { tenths, textTable, whole } from './report/text-table.ts';
import { publishThreeSteps } from './scenarios/three-steps.ts';
import type { BenchSettings } from './settings.ts';
import { watchCpu, type CpuUse } from './watch/cpu-use.ts';

const functionsShown = 45;
const filesShown = 25;

/** Prints the functions and files in which services spend their time while 100 callers wait for runs of three steps. */
export const profileServices = (settings: BenchSettings, signal: AbortSignal): Promise<void> =>
  // Any free port for the debugger, which is opened later, in the services that are profiled.
  withPlatform({ signal, env: { NODE_OPTIONS: '--inspect-port=0' } }, async (platform) => {
    const { endpoint } = await publishThreeSteps(platform);
    const profilers = await Promise.all(
      settings.profile.map(async (app) => ({ app, ...(await attachProfiler(platform.cluster.services[app][0]!)) })),
    );
    const profiling: Promise<{ app: ServiceName; profile: CpuProfile }>[] = [];
    let endWatch: (() => CpuUse) | undefined;
    let cpu: CpuUse | undefined;
    const { seconds, warmupSeconds } = settings;
    const busy = await loadEndpoint({
      ...endpoint,
      seconds,
      warmupSeconds,
      onWindow: (edge) => {
        if (edge === 'opens') {
          for (const { start } of profilers) void start();
          endWatch = watchCpu(platform);
        } else {
          cpu = endWatch?.();
          profiling.push(...profilers.map(async ({ app, stop }) => ({ app, profile: await stop() })));
        }
      },
    });
    for (const { app, profile } of await Promise.all(profiling)) sayProfile(app, profile, busy.count);
    say(`\n${whole(busy.perSecond)} runs/s while profiled, p50 ${tenths(busy.p50Ms)} ms, ${busy.errors} errors\n`);
    say(textTable(cpuTable(cpu!, busy.count, 'run')));
  });

const sayProfile = (app: ServiceName, profile: CpuProfile, runs: number): void => {
  const file = join(tmpdir(), `nightshift-${app}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  const { busyUs, functions, files } = selfTimes(profile);
  const rows = (entries: { name: string; us: number }[], shown: number): string[][] =>
    entries.slice(0, shown).map(({ name, us }) => [name, tenths(us / runs), tenths((100 * us) / busyUs)]);
  say(`\n${app}: busy for ${whole(busyUs / runs)} µs per run (${file} opens in Chrome's DevTools)\n`);
  say(textTable([['function, time of its own', 'µs per run', '%'], ...rows(functions, functionsShown)]));
  say(`\n${textTable([['file or package', 'µs per run', '%'], ...rows(files, filesShown)])}`);
};
