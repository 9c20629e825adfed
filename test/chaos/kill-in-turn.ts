import { setTimeout as delay } from 'node:timers/promises';
import type { ScenarioContext } from './scenario.ts';

/** What can be killed and comes back. */
export interface Victim {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface Turn {
  what: string;
  victims: readonly Victim[];
}

/** Kills one of each turn's victims, in turn, and starts it again; unless told an executor, a scheduler, the nats-server and Postgres. */
export const killInTurn = (
  { cluster, random, log }: Pick<ScenarioContext, 'cluster' | 'random' | 'log'>,
  everyMs: number,
  turns: readonly Turn[] = [
    { what: 'an executor', victims: cluster.services.executor },
    { what: 'a scheduler', victims: cluster.services.scheduler },
    { what: 'nats-server', victims: [cluster.nats] },
    { what: 'Postgres', victims: [cluster.postgres] },
  ],
): { readonly kills: number; stop(): Promise<number> } => {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const ending = new AbortController();
  let kills = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      await delay(everyMs * (0.5 + random()), undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      const { what, victims } = turns[kills % turns.length]!;
      const one = pick(victims);
      log(`killing ${what}`);
      await one.kill();
      await one.restart();
      kills++;
    }
  };
  const working = work();
  return {
    get kills() {
      return kills;
    },
    stop: async () => {
      ending.abort();
      await working;
      return kills;
    },
  };
};
