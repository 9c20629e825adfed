import { parseArgs } from 'node:util';
import { serviceNames, type ServiceName } from '@nightshift/testing';

export const scenarioNames = [
  'three-steps',
  'endpoint',
  'list',
  'timers',
  'million-timers',
  'burst',
  'pace',
  'change',
  'triggers',
  'storm',
  'capture',
  'memory',
  'subscriptions',
  'search',
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

export interface BenchSettings {
  scenarios: readonly ScenarioName[];
  /** Of three steps; the other scenarios are measured once. */
  rounds: number;
  /** How long each measurement lasts that lasts for a time. */
  seconds: number;
  warmupSeconds: number;
  peers: boolean;
  publish: boolean;
  outFile: string | undefined;
  /** Instead of everything else: whose functions take how much time. */
  profile: readonly ServiceName[];
}

export const usage = `npm run bench [-- options]

  --only a,b      ${scenarioNames.join(', ')} (all)
  --seconds N     how long each measurement lasts (10)
  --warmup N      before each of them (3)
  --rounds N      of three-steps (1; 3 with --peers)
  --peers         measures DBOS, Restate and graphile-worker on three-steps too, taking turns, and prints ratios
  --out FILE      writes everything as JSON
  --publish       writes bench/results/latest.json and the table of bench/README.md
  --profile a,b   instead of all this: the functions that take the time of ${serviceNames.join(', ')} during three-steps`;

/** Throws an error whose message shows the usage. `undefined`: help was asked for. */
export const readSettings = (args: string[]): BenchSettings | undefined => {
  try {
    return read(args);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error });
  }
};

const read = (args: string[]): BenchSettings | undefined => {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '10' },
      warmup: { type: 'string', default: '3' },
      rounds: { type: 'string' },
      peers: { type: 'boolean', default: false },
      out: { type: 'string' },
      publish: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    scenarios: some('--only', scenarioNames, values.only) ?? scenarioNames,
    rounds: positive('--rounds', values.rounds ?? (values.peers ? '3' : '1')),
    seconds: positive('--seconds', values.seconds),
    warmupSeconds: positive('--warmup', values.warmup),
    peers: values.peers,
    publish: values.publish,
    outFile: values.out,
    profile: some('--profile', serviceNames, values.profile) ?? [],
  };
};

const some = <Name extends string>(flag: string, known: readonly Name[], text?: string): Name[] | undefined => {
  if (text === undefined) return undefined;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) throw new Error(`${flag} knows ${known.join(', ')}, not "${unknown}"`);
  return known.filter((name) => wanted.includes(name));
};

const positive = (flag: string, text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${flag} must be a whole number from 1 on`);
  return number;
};
