import type { DeclareType, TypeDefinition, TypePlan } from '@nightshift/contracts';
import type pg from 'pg';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import type { ChangeTypes } from './change-types.ts';
import { checkDeclaration } from './check-declaration.ts';
import { performSteps } from './perform-steps.ts';
import { planType } from './plan-type.ts';
import { readBefore } from './read-before.ts';
import { weighPlan } from './weigh-plan.ts';

export interface DeclareTypeDeps {
  changeTypes: ChangeTypes;
  catalog: TypeCatalog;
}

/**
 * Declares, changes, renames or attaches a type, all of it in one transaction: when it is refused, nothing has been changed.
 * @throws Failure `type.invalid`, `type.in_conflict`, `type.unconfirmed`, `data.unavailable`
 */
export const makeDeclareType =
  ({ changeTypes, catalog }: DeclareTypeDeps) =>
  async (input: unknown): Promise<TypeDefinition> => {
    const declared = checkDeclaration(input);
    await changeTypes(declared.name, (client) => declareIn(client, declared));
    await catalog.reload();
    return (await catalog.find(declared.name)).definition;
  };

/**
 * What declaring would do and lose. Changes and locks nothing.
 * @throws Failure `type.invalid`, `type.in_conflict` when there is no plan at all, `data.unavailable`
 */
export const makePlanType =
  ({ changeTypes }: Pick<DeclareTypeDeps, 'changeTypes'>) =>
  async (input: unknown): Promise<TypePlan> => {
    const declared = checkDeclaration(input);
    return changeTypes(
      declared.name,
      async (client) => {
        const before = await readBefore(client, declared);
        const { steps } = planType(declared, before);
        return weighPlan(client, { type: declared.name, table: before.table, steps });
      },
      { isDryRun: true },
    );
  };

const declareIn = async (client: pg.PoolClient, declared: DeclareType): Promise<void> => {
  const before = await readBefore(client, declared);
  const { table } = before;
  const { steps, attached, fields } = planType(declared, before);
  await performSteps(client, { type: declared.name, table, steps }, declared.confirm);
  if (table !== undefined && table.name !== declared.name) await renameInCatalog(client, table.name, declared.name);
  await client.query(
    `INSERT INTO nightshift_data.types (name, fields, attached) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET fields = excluded.fields, attached = excluded.attached`,
    [declared.name, JSON.stringify(fields), attached],
  );
};

/** The type and what refers to it. */
const renameInCatalog = async (client: pg.PoolClient, from: string, to: string): Promise<void> => {
  await client.query('UPDATE nightshift_data.types SET name = $2 WHERE name = $1', [from, to]);
  await client.query(
    `UPDATE nightshift_data.types AS t SET fields = (
       SELECT json_object_agg(f.key, CASE WHEN f.value->>'type' = $1 THEN jsonb_set(f.value::jsonb, '{type}', to_jsonb($2::text))::json ELSE f.value END ORDER BY f.place)
       FROM json_each(t.fields) WITH ORDINALITY AS f (key, value, place))
     WHERE EXISTS (SELECT FROM json_each(t.fields) AS f WHERE f.value->>'type' = $1)`,
    [from, to],
  );
};
