import { createHash } from 'node:crypto';
import { Failure, type AffectedThings, type TypePlan, type TypePlanStep, type Violation } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import { findAffected } from './find-affected.ts';
import type { Step } from './plan-step.ts';
import type { Table } from './read-table.ts';

export interface WeighOptions {
  readonly type: string;
  readonly table: Table | undefined;
  readonly steps: readonly Step[];
  /** It takes a confirmation, whatever it affects. */
  readonly alwaysConfirm?: boolean;
}

/** The plan with the things that it affects. What they are is true for as long as nobody writes. */
export const weighPlan = async (
  db: Queryable,
  { type, table, steps, alwaysConfirm = false }: WeighOptions,
): Promise<TypePlan> => {
  const weighed: TypePlanStep[] = [];
  for (const { looks = [], ...step } of steps) {
    const affected: AffectedThings[] = [];
    for (const look of looks) {
      const found = table && (await findAffected(db, table, look));
      if (found !== undefined) affected.push(found);
    }
    weighed.push({ ...step, ...(affected.length > 0 && { affected }) });
  }
  const all = weighed.flatMap(({ affected = [] }) => affected);
  const isImpossible = all.some(({ canConfirm }) => !canConfirm);
  const verdict = isImpossible ? 'impossible' : alwaysConfirm || all.length > 0 ? 'unconfirmed' : 'ready';
  return { type, verdict, hash: hashOf(table, steps), steps: weighed };
};

/** Of what is done, and of the very columns that it is done to: one of the same name that is made later is another one. */
const hashOf = (table: Table | undefined, steps: readonly Step[]): string => {
  const columns = table?.columns.map(({ name, number, sqlType }) => [name, number, sqlType]);
  const done = steps.map(({ does, sql }) => [does, sql]);
  return createHash('sha256')
    .update(JSON.stringify([table?.oid, columns, done]))
    .digest('base64url');
};

/** @throws Failure `type.in_conflict` when things stand in its way, `type.unconfirmed` when it loses something that nobody has confirmed */
export const requirePossible = (plan: TypePlan, confirm: string | undefined): void => {
  const affected = plan.steps.flatMap((step) => step.affected ?? []);
  const refuse = (code: 'type.in_conflict' | 'type.unconfirmed', things: AffectedThings[], advice: string): never => {
    const errors = things.map(toViolation);
    throw new Failure(code, {
      detail: [...errors.map((error) => `${fieldOf(error.pointer)}${error.detail}`), advice].filter(Boolean).join('; '),
      ...(errors.length > 0 && { errors }),
    });
  };
  if (plan.verdict === 'impossible')
    refuse(
      'type.in_conflict',
      affected.filter(({ canConfirm }) => !canConfirm),
      '',
    );
  if (plan.verdict === 'unconfirmed' && confirm !== plan.hash)
    refuse(
      'type.unconfirmed',
      affected,
      `${confirm === undefined ? 'to go on' : 'the confirmation is of another plan; to go on with this one'}, confirm ${plan.hash}`,
    );
};

const fieldOf = (pointer: string): string => (pointer.startsWith('/fields/') ? `${pointer.slice(8)}: ` : '');

/** Ids, and no values: those are only in the plan. */
const toViolation = ({ pointer, detail, things, sample }: AffectedThings): Violation => ({
  pointer,
  detail: `${things} ${things === 1 ? 'thing' : 'things'} ${detail} (${sample.map(({ id }) => id).join(', ')}${things > sample.length ? ', …' : ''})`,
});
