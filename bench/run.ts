import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, workspaceRoot } from '@nightshift/testing';
import { build, isBuildNeeded } from '../tools/platform/build.ts';
import { openPeers, type PeersInTurn } from './peers-in-turn.ts';
import { withPlatform, type Platform } from './platform/platform.ts';
import { profileServices } from './profile.ts';
import { comparisonTable } from './report/comparison.ts';
import { judge } from './report/goals.ts';
import { describeMachine } from './report/machine.ts';
import {
  say,
  sayBurst,
  sayCapture,
  sayChange,
  sayEndpointAnswers,
  sayList,
  sayMemory,
  sayPace,
  saySearch,
  sayStorm,
  saySubscriptions,
  sayThreeSteps,
  sayTimers,
  sayTriggers,
} from './report/print.ts';
import { publishReport } from './report/publish.ts';
import type { Report } from './report/report.ts';
import { textTable } from './report/text-table.ts';
import { measureBurst } from './scenarios/burst.ts';
import { measureCapture } from './scenarios/capture.ts';
import { measureChange } from './scenarios/change.ts';
import { measureEndpointAnswers } from './scenarios/endpoint.ts';
import { measureList } from './scenarios/list.ts';
import { measureManyTriggers } from './scenarios/many-triggers.ts';
import { measureMemory } from './scenarios/memory.ts';
import { measurePace } from './scenarios/pace.ts';
import { measureSearch } from './scenarios/search.ts';
import { measureStorm } from './scenarios/storm.ts';
import { measureSubscriptions } from './scenarios/subscriptions.ts';
import { measureThreeSteps } from './scenarios/three-steps.ts';
import { measureTimers } from './scenarios/timers.ts';
import { readSettings, usage, type BenchSettings } from './settings.ts';

const main = async (): Promise<void> => {
  const args = process.argv.slice(2);
  const settings = readSettings(args);
  if (settings === undefined) return say(usage);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  process.once('disconnect', () => interruption.abort());
  process.channel?.unref();
  try {
    if (isBuildNeeded()) {
      say('building the services');
      await build(interruption.signal);
    }
    if (settings.profile.length > 0) return await profileServices(settings, interruption.signal);
    await measureAll(settings, args, interruption.signal);
  } catch (error) {
    // Callers of stopped services would go on until their time is up.
    if (interruption.signal.aborted) process.exit(130);
    throw error;
  }
};

const measureAll = async (settings: BenchSettings, args: string[], signal: AbortSignal): Promise<void> => {
  const { seconds, warmupSeconds } = settings;
  const before = loadavg();
  const found: Partial<Report> = {};
  /** Every measurement has a platform of its own, so that none begins with what another left. */
  const measure = <T>(work: (platform: Platform) => Promise<T>): Promise<T> =>
    withPlatform({ signal }, (platform) => {
      found.durability = platform.durability;
      return work(platform);
    });

  const measureRounds = async (): Promise<void> => {
    const peers: PeersInTurn | undefined = settings.peers
      ? await openPeers({ seconds, warmupSeconds, signal })
      : undefined;
    found.threeSteps = [];
    for (let round = 1; round <= settings.rounds; round += 1) {
      if (settings.rounds > 1) say(`round ${round} of ${settings.rounds}`);
      const figures = await measure((platform) => measureThreeSteps(platform, { seconds, warmupSeconds }));
      found.threeSteps.push(figures);
      sayThreeSteps(figures);
      await peers?.measureRound();
    }
    if (peers) found.peers = peers.rounds;
  };
  const scenarios = {
    'three-steps': measureRounds,
    endpoint: async () =>
      sayEndpointAnswers(
        (found.endpoint = await measure((platform) => measureEndpointAnswers(platform, { seconds, warmupSeconds }))),
      ),
    list: async () => sayList((found.list = await measure((platform) => measureList(platform, { items: 100_000 })))),
    timers: async () =>
      sayTimers(
        (found.timers = await measure((platform) =>
          measureTimers(platform, { pending: 100_000, due: 1_000, spreadSeconds: 10 }),
        )),
      ),
    'million-timers': async () =>
      sayTimers(
        (found.millionTimers = await measure((platform) =>
          measureTimers(platform, { pending: 1_000_000, due: 1_000, spreadSeconds: 10 }),
        )),
      ),
    burst: async () => sayBurst((found.burst = await measure((platform) => measureBurst(platform, { due: 60_000 })))),
    pace: async () => sayPace((found.pace = await measure(measurePace))),
    change: async () =>
      sayChange(
        (found.change = await measure((platform) =>
          measureChange(platform, { perSecond: 200, seconds, warmupSeconds }),
        )),
      ),
    triggers: async () => sayTriggers((found.triggers = await measure(() => measureManyTriggers(10_000)))),
    storm: async () => sayStorm((found.storm = await measure((platform) => measureStorm(platform, 100_000)))),
    capture: async () => sayCapture((found.capture = await measure((platform) => measureCapture(platform, 200_000)))),
    memory: async () => sayMemory((found.memory = await measure((platform) => measureMemory(platform, { seconds })))),
    subscriptions: async () =>
      saySubscriptions((found.subscriptions = await measure((platform) => measureSubscriptions(platform, seconds)))),
    search: async () =>
      saySearch((found.search = await measure((platform) => measureSearch(platform, { schedules: 1_000_000 })))),
  };
  for (const name of settings.scenarios) await scenarios[name]();

  const report: Report = {
    measuredAt: new Date().toISOString(),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine: describeMachine(),
    loadAverage: { before, after: loadavg() },
    versions: {
      nightshift: ownVersion(),
      postgres: found.durability!.postgresVersion,
      natsServer: await natsVersion(),
    },
    durability: found.durability!,
    ...found,
  };
  conclude(report);
  if (settings.outFile !== undefined) writeFileSync(settings.outFile, `${JSON.stringify(report, undefined, 2)}\n`);
  if (settings.publish) await publishReport(report);
};

const conclude = (report: Report): void => {
  if (report.peers) say(`${textTable(comparisonTable(report))}\n`);
  const goals = judge(report);
  if (goals.length === 0) return;
  const rows = goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'met' : 'missed']);
  say(textTable([['goal', 'measured', ''], ...rows]));
};

const ownVersion = (): string =>
  (JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')) as { version: string }).version;

const natsVersion = async (): Promise<string> => {
  const said = execFileSync(await findNatsServer(), ['--version'], { encoding: 'utf8' });
  return /v(\d[\w.-]*)/.exec(said)?.[1] ?? said.trim();
};

await main();
