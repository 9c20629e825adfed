import { Failure } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { isMet, type PlanStep, type Scope, type StepOutcome } from '@nightshift/workflow-core';
import { environment } from './environment.ts';
import { failedWith } from './perform/failed.ts';
import type { Performed } from './perform/performed.ts';

type Acquire = Ledger['locks']['acquire'];

/** Enters a block: which case is taken, what is gone through, whether the lock is free. Its steps follow as moves of their own. */
export const enterBlock = async (acquire: Acquire, runId: string, step: PlanStep, scope: Scope): Promise<Performed> => {
  const block = step.block!;
  switch (block.kind) {
    case 'switch':
      return { outcome: await chooseCase(block.cases, scope) };
    case 'for':
      return enterLoop(block, scope);
    case 'lock': {
      const name = await block.name.evaluate(scope, environment());
      if (typeof name !== 'string' || name === '')
        return failedWith('request.invalid', { detail: 'The name of a lock must be a text that is not empty' });
      return { outcome: await takeLock(acquire, { name, runId, step: step.name, leaseMs: block.leaseMs }) };
    }
    default:
      return { outcome: { kind: 'entered' } };
  }
};

type BlockOf<Kind> = Extract<NonNullable<PlanStep['block']>, { kind: Kind }>;

const chooseCase = async (cases: BlockOf<'switch'>['cases'], scope: Scope): Promise<StepOutcome> => {
  for (const { name, when } of cases) {
    if (!when || isMet(await when.evaluate(scope, environment()))) return { kind: 'entered', branch: name };
  }
  return { kind: 'skipped', reason: 'no case is met' };
};

const enterLoop = async ({ items: template, limit }: BlockOf<'for'>, scope: Scope): Promise<Performed> => {
  if (!template) return { outcome: { kind: 'entered' } };
  const given = await template.evaluate(scope, environment());
  const items: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  if (items.length > limit)
    return failedWith('loop.too_long', {
      detail: `${items.length} items are more than the ${limit} rounds that a loop may have; scheduleOnList takes any number`,
    });
  return { outcome: { kind: 'entered', items } };
};

/** Asks for a lock: it is the run's now, or the run waits its turn. */
export const takeLock = async (acquire: Acquire, wanted: Parameters<Acquire>[0]): Promise<StepOutcome> => {
  const acquired = await acquire(wanted);
  return acquired.held
    ? { kind: 'entered', lock: wanted.name }
    : { kind: 'locked', lock: wanted.name, until: acquired.freeAt.toISOString() };
};

/** What a step fails with whose lock went to another run. */
export const lostLock = (name: string): Failure =>
  new Failure('lock.lost', { detail: `The lock ${name} was not renewed in time, and is another run's now` });
