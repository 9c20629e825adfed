import { parseArgs } from 'node:util';
import { simulate, type Counts, type Simulated } from './simulate.ts';

/**
 * `npm run simulate [-- --seeds 10000 --from 1]`: as many simulations, each with a seed of its own. `-- --seed 7 --verbose` replays one, and
 * tells everything that happens in it. Exit code 1 if one breaks a promise.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const PROGRESS_EVERY_MS = 5_000;

const first = Number(values.seed ?? values.from);
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first;
const totals: Counts = { runs: 0, events: 0, crashes: 0, stalls: 0, conflicts: 0, redeliveries: 0 };

const summary = (seeds: number, startedAt: number): string => {
  const counted = Object.entries(totals).map(([name, count]) => `${count.toLocaleString('en')} ${name}`);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return `${seeds.toLocaleString('en')} seeds, ${counted.join(', ')} in ${seconds} s`;
};

const tell = ({ seed, violations, histories }: Simulated): void => {
  console.log(`\nSeed ${seed} breaks ${violations.length === 1 ? 'a promise' : `${violations.length} promises`}:`);
  for (const violation of violations.slice(0, 20)) console.log(`  ${violation}`);
  for (const [runId, history] of histories) {
    if (!violations.some((violation) => violation.includes(runId))) continue;
    console.log(`\nRun ${runId}`);
    for (const { version, at, type, data } of history)
      console.log(`  ${String(version).padStart(3)} ${at.slice(11, 23)} ${type} ${JSON.stringify(data)}`);
  }
  console.log(`\nTo replay it: npm run simulate -- --seed ${seed} --verbose`);
};

const startedAt = performance.now();
let toldAt = startedAt;
for (let seed = first; seed <= last; seed++) {
  const simulated = await simulate(seed, values.verbose ? { onTrace: (line) => console.log(line) } : {});
  for (const name of Object.keys(totals) as (keyof Counts)[]) totals[name] += simulated.counts[name];
  if (simulated.violations.length > 0) {
    tell(simulated);
    process.exitCode = 1;
    break;
  }
  if (performance.now() - toldAt > PROGRESS_EVERY_MS) {
    toldAt = performance.now();
    console.log(`… ${summary(seed - first + 1, startedAt)}`);
  }
}
if (process.exitCode !== 1) console.log(`✓ ${summary(last - first + 1, startedAt)}`);
