import { once } from 'node:events';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { EndpointFigures } from '../load/measure-endpoint.ts';
import { peers } from './all.ts';
import { installPeers } from './install.ts';
import { measurePeer } from './measure-peer.ts';
import type { Peer } from './peer.ts';
import { startOwnPostgres } from './postgres.ts';

export interface PeerFigures extends Pick<Peer, 'name' | 'version' | 'kind' | 'work' | 'settings'> {
  rounds: EndpointFigures[];
}

export interface PeersReport {
  machine: { cpu: string; cores: number; memoryGb: number; node: string };
  concurrency: number;
  secondsPerMeasurement: number;
  peers: PeerFigures[];
}

const usage = `node bench/peers/run.ts [--seconds 5] [--warmup 2] [--rounds 2] [--concurrency 100] [--only dbos,restate] [--postgres <url>]

Measures the other engines alone, taking turns, and prints JSON. Without --postgres a temporary one is started.`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      warmup: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '2' },
      concurrency: { type: 'string', default: '100' },
      only: { type: 'string', default: '' },
      postgres: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${usage}\n`);

  await installPeers();
  const postgres = values.postgres === undefined ? await startOwnPostgres() : undefined;
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  try {
    const report = await measurePeers({
      chosen: peers.filter(({ name }) => isChosen(name, values.only)),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      warmupSeconds: Number(values.warmup),
      concurrency: Number(values.concurrency),
      postgresUrl: values.postgres ?? postgres?.url ?? '',
      signal: interruption.signal,
    });
    if (!process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)) await once(process.stdout, 'drain');
  } finally {
    await postgres?.stop();
    // Callers of the stopped engine would go on until their time is up.
    if (interruption.signal.aborted) process.exit(130);
  }
};

const isChosen = (name: string, only: string): boolean =>
  only.split(',').some((start) => name.toLowerCase().startsWith(start.trim().toLowerCase()));

export interface MeasurePeersOptions {
  chosen: readonly Peer[];
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  concurrency: number;
  postgresUrl: string;
  signal?: AbortSignal;
}

/** The engines take turns, because a machine is not equally fast all the time; one at a time, because an idle one costs too. */
export const measurePeers = async ({
  chosen,
  rounds,
  seconds,
  warmupSeconds,
  concurrency,
  postgresUrl,
  signal,
}: MeasurePeersOptions): Promise<PeersReport> => {
  const figures: PeerFigures[] = chosen.map(({ name, version, kind, work, settings }) => ({
    ...{ name, version, kind, work, settings },
    rounds: [],
  }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, peer] of chosen.entries()) {
      const measured = await measurePeer(peer, { postgresUrl, seconds, warmupSeconds, concurrency, signal });
      figures[index]?.rounds.push(measured);
      process.stderr.write(`round ${round}  ${describeFigures(peer.name, measured)}\n`);
    }
  }
  const [cpu] = cpus();
  return {
    machine: {
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    concurrency,
    secondsPerMeasurement: seconds,
    peers: figures,
  };
};

const describeFigures = (name: string, { busy, oneAtATime }: EndpointFigures): string => {
  const errors = busy.errors + oneAtATime.errors;
  return [
    name.padEnd(22),
    `${busy.perSecond.toFixed(0).padStart(6)} runs/s`,
    `one at a time p50 ${oneAtATime.p50Ms.toFixed(1)} ms, p99 ${oneAtATime.p99Ms.toFixed(1)} ms`,
    ...(errors > 0 ? [`${errors} errors: ${busy.firstError ?? oneAtATime.firstError}`] : []),
  ].join('  ');
};

if (import.meta.main) await main();
