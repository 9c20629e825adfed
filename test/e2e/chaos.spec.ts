import { startCluster, type Cluster } from '@nightshift/testing';
import { afterEach, describe, it } from 'vitest';
import { seededRandom } from '../chaos/scenario.ts';
import { scenarios } from '../chaos/scenarios.ts';

/** The short form of `npm run chaos`. */
describe('while things break', () => {
  let cluster: Cluster | undefined;
  afterEach(() => cluster?.stop());

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_name, scenario) => {
      cluster = await startCluster({ replicas: scenario.replicas, env: scenario.env ?? {} });
      await scenario.run({ cluster, size: scenario.short.size, random: seededRandom(42), log: () => {} });
    },
    180_000,
  );
});
