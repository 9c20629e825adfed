export { startCluster, type Cluster, type ClusterOptions } from './cluster.ts';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.ts';
export { findNatsServer } from './nats-server-binary.ts';
export { startProcess, type RunningProcess } from './running-process.ts';
export { freePort, freePorts, isPortFree } from './ports.ts';
export { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
export {
  databaseEnv,
  migrateData,
  prepareDatabase,
  withDatabase,
  type PrepareDatabaseOptions,
  type ServicePasswords,
  type ServiceUrls,
} from './prepare-database.ts';
export { childrenOf, commandLineOf, isAlive, signal } from './process-table.ts';
export { serviceNames, startService, type Service, type ServiceName, type ServiceOptions } from './service.ts';
export { createTestDatabase, createTestTemplate, type TestDatabase } from './test-database.ts';
export { announceTestServers, testServers, type TestServers } from './test-servers.ts';
export { forget, removeAtEnd, watch } from './watchdog.ts';
export { waitFor, type WaitForOptions } from './wait-for.ts';
export { workspaceRoot } from './workspace.ts';
