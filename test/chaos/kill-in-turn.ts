import { setTimeout as delay } from 'node:timers/promises';
import type { ScenarioContext } from './scenario.ts';

/** Kills an executor, a scheduler, the nats-server and Postgres in turn, and starts each again. */
export const killInTurn = (
  { cluster, random, log }: Pick<ScenarioContext, 'cluster' | 'random' | 'log'>,
  everyMs: number,
): { stop(): Promise<number> } => {
  const { executor, scheduler } = cluster.services;
  const servers = [cluster.nats, cluster.postgres];
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const turns = [
    { what: 'an executor', victim: () => pick(executor) },
    { what: 'a scheduler', victim: () => pick(scheduler) },
    { what: 'nats-server', victim: () => servers[0]! },
    { what: 'Postgres', victim: () => servers[1]! },
  ];
  const ending = new AbortController();
  let kills = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      await delay(everyMs * (0.5 + random()), undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      const { what, victim } = turns[kills % turns.length]!;
      const one = victim();
      log(`killing ${what}`);
      await one.kill();
      kills++;
      await one.restart();
    }
  };
  const working = work();
  return {
    stop: async () => {
      ending.abort();
      await working;
      return kills;
    },
  };
};
