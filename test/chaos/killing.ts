import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from '@nightshift/testing';
import type { ScenarioContext } from './scenario.ts';

/**
 * Kills services with SIGKILL, one after the other, and starts each again, until `stop`.
 * @param everyMs pause between one that is back and the next kill, varied by a half
 */
export const keepKilling = (
  { random, log }: Pick<ScenarioContext, 'random' | 'log'>,
  victims: readonly Service[],
  everyMs: number,
): { stop(): Promise<number> } => {
  const ending = new AbortController();
  let kills = 0;
  const work = async (): Promise<void> => {
    for (let turn = 0; ; turn++) {
      await delay(everyMs * (0.5 + random()), undefined, { signal: ending.signal }).catch(() => {});
      if (ending.signal.aborted) return;
      const victim = victims[turn % victims.length]!;
      await victim.kill();
      kills++;
      log(`killed ${victim.name}`);
      await victim.restart();
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
