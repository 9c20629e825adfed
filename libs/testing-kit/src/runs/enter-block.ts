import { isMet, type EvaluationEnv, type PlanStep, type Scope } from '@nightshift/workflow-core';
import type { Locks } from './locks.ts';
import { failedWith, type Performed } from './performed.ts';

/** Enters a block: which case is taken, what is gone through, whether the lock is free. */
export const enterBlock = async (
  locks: Locks,
  runId: string,
  { block }: PlanStep,
  scope: Scope,
  env: EvaluationEnv,
): Promise<Performed> => {
  switch (block!.kind) {
    case 'switch':
      for (const { name, when } of block!.cases)
        if (!when || isMet(await when.evaluate(scope, env))) return { outcome: { kind: 'entered', branch: name } };
      return { outcome: { kind: 'skipped', reason: 'no case is met' } };
    case 'for': {
      if (!block!.items) return { outcome: { kind: 'entered' } };
      const given = await block!.items.evaluate(scope, env);
      const items = Array.isArray(given) ? (given as unknown[]) : given === undefined || given === null ? [] : [given];
      return items.length > block!.limit
        ? failedWith('loop.too_long', {
            detail: `${items.length} items are more than the ${block!.limit} rounds that a loop may have`,
          })
        : { outcome: { kind: 'entered', items } };
    }
    case 'lock': {
      const name = await block!.name.evaluate(scope, env);
      if (typeof name !== 'string' || name === '')
        return failedWith('request.invalid', { detail: 'The name of a lock must be a text that is not empty' });
      const { leaseMs } = block!;
      return locks.acquire(name, runId, leaseMs)
        ? { outcome: { kind: 'entered', lock: name } }
        : { outcome: { kind: 'locked', lock: name, until: new Date(env.now.getTime() + leaseMs).toISOString() } };
    }
    default:
      return { outcome: { kind: 'entered' } };
  }
};
