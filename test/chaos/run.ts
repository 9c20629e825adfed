import { parseArgs } from 'node:util';
import { startCluster } from '@nightshift/testing';
import { scenarios } from './scenarios.ts';
import { seededRandom } from './scenario.ts';

/**
 * `npm run chaos [-- --seed 7 --short --only list --times 3]`: every scenario in its full form, each on a cluster of its own.
 * Exit code 1 if one does not hold; the seed that is printed reproduces what was broken when.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    times: { type: 'string', default: '1' },
  },
});

let passed = 0;
let failed = 0;
for (let time = 0; time < Number(values.times); time++) {
  const seed = Number(values.seed) + time;
  for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
    const startedAt = Date.now();
    const log = (line: string): void =>
      console.log(`  ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
    console.log(`${scenario.name} (seed ${seed})`);
    const cluster = await startCluster({ replicas: scenario.replicas, env: scenario.env ?? {} });
    try {
      const { size } = values.short ? scenario.short : scenario.full;
      await scenario.run({ cluster, size, random: seededRandom(seed), log });
      passed++;
      log('holds');
    } catch (error) {
      failed++;
      log(`DOES NOT HOLD: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    } finally {
      await cluster.stop();
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
