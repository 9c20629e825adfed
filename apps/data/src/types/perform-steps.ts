import type { TypePlan } from '@nightshift/contracts';
import type pg from 'pg';
import { quoteTable } from '../database/quote.ts';
import { ownerFailure } from './type-failure.ts';
import { requirePossible, weighPlan, type WeighOptions } from './weigh-plan.ts';

/**
 * Does all steps, unless they lose something that is not confirmed. What is looked for is still so when it is done: nobody reads or
 * writes the table meanwhile.
 * @throws Failure `type.in_conflict`, `type.unconfirmed`
 */
export const performSteps = async (
  client: pg.PoolClient,
  options: WeighOptions,
  confirm: string | undefined,
): Promise<TypePlan> => {
  const { table, steps } = options;
  const mustLock = steps.some(({ locks, looks }) => locks === 'everything' || looks !== undefined);
  // At once, and not when the first statement needs it: whoever waits for a stronger lock while he holds a weaker one can deadlock.
  if (table?.isOurs === true && mustLock)
    await client.query(`LOCK TABLE ${quoteTable(table.name)} IN ACCESS EXCLUSIVE MODE`);
  const plan = await weighPlan(client, options);
  requirePossible(plan, confirm);
  for (const statement of steps.flatMap(({ sql }) => sql))
    await client.query(statement).catch((error: unknown) => {
      throw ownerFailure(table, error);
    });
  return plan;
};
