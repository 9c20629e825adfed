import { childrenOf, commandLineOf, serviceNames } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';

export interface WatchedProcess {
  pid: number;
  /** What the reports call it; the processes of Postgres share names by what they are for. */
  name: string;
}

export const loadGenerator = 'load generator';

/** Names of Postgres's processes begin with this. */
export const postgresPrefix = 'postgres: ';

/** Everything that works for a run, the load generator (this process) included. */
export const processesOf = ({ cluster }: Platform): WatchedProcess[] => [
  ...serviceNames.flatMap((app) => cluster.services[app].map(({ pid }) => ({ pid, name: app }))),
  { pid: cluster.nats.pid, name: 'nats-server' },
  { pid: cluster.postgres.pid, name: `${postgresPrefix}postmaster` },
  ...childrenOf(cluster.postgres.pid).map((pid) => ({ pid, name: nameOfBackend(commandLineOf(pid)) })),
  { pid: process.pid, name: loadGenerator },
];

/** A backend of a service shows its login in its title: `postgres: ns_executor nightshift 127.0.0.1(46102) INSERT`. */
const nameOfBackend = (title: string): string => {
  const words = title.slice(postgresPrefix.length);
  const [, replication, service] = /^(walsender )?ns_(\w+) /.exec(words) ?? [];
  if (service !== undefined) return `${postgresPrefix}${replication ?? ''}for ${service}`;
  const worker = /^(walwriter|checkpointer|background writer|io worker|autovacuum)/.exec(words)?.[1];
  return `${postgresPrefix}${worker ?? 'other'}`;
};
