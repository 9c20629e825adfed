import type { ServicePasswords } from './prepare-database.ts';

/** Where the servers are that all integration tests of one run share. */
export interface TestServers {
  /** As the superuser. */
  postgresUrl: string;
  natsUrl: string;
  natsSubscriberUrl: string;
  passwords: ServicePasswords;
}

const variable = 'NIGHTSHIFT_TEST_SERVERS';

/** Tells the processes that run the tests, which are started later, where the servers are. */
export const announceTestServers = (servers: TestServers): void => {
  process.env[variable] = JSON.stringify(servers);
};

/** The shared servers; throws outside of the integration tests. */
export const testServers = (): TestServers => {
  const announced = process.env[variable];
  if (announced === undefined) throw new Error('no shared servers: run this with npm run test:integration');
  return JSON.parse(announced) as TestServers;
};
