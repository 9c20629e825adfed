import { compileSchema, Failure, IdentifierSchema, type TypePlan } from '@nightshift/contracts';
import type pg from 'pg';
import { Type } from 'typebox';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { PUBLICATION } from '../database/grounds.ts';
import type { Queryable } from '../database/queryable.ts';
import { quoteTable } from '../database/quote.ts';
import type { ChangeTypes } from './change-types.ts';
import { releaseFiles } from './file-guards.ts';
import { performSteps } from './perform-steps.ts';
import { atOnce, type Step } from './plan-step.ts';
import { readKnown } from './read-before.ts';
import { readTable } from './read-table.ts';
import { weighPlan, type WeighOptions } from './weigh-plan.ts';

const check = compileSchema(
  Type.Object(
    {
      name: IdentifierSchema,
      confirm: Type.Optional(Type.String()),
      dryRun: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
);

/**
 * Deletes a type with its table and its things, which takes a confirmation; an attached table is only let go of. Answers with the plan.
 * @throws Failure `type.not_found`, `type.in_conflict` when other types refer to it, `type.unconfirmed`, `data.unavailable`
 */
export const makeDeleteType =
  ({ changeTypes, catalog }: { changeTypes: ChangeTypes; catalog: TypeCatalog }) =>
  async (input: unknown): Promise<TypePlan> => {
    const checked = check(input);
    if (!checked.ok) throw new Failure('type.invalid', { errors: checked.violations });
    const { name, confirm, dryRun: isDryRun = false } = checked.value;
    await catalog.find(name);
    const plan = await changeTypes(
      name,
      async (client) => {
        const options = await planDeletion(client, name);
        if (isDryRun) return weighPlan(client, options);
        const done = await performSteps(client, options, confirm);
        await client.query('DELETE FROM nightshift_data.types WHERE name = $1', [name]);
        return done;
      },
      { isDryRun },
    );
    if (!isDryRun) await catalog.reload();
    return plan;
  };

const planDeletion = async (client: pg.PoolClient, name: string): Promise<WeighOptions> => {
  const [table, known] = [await readTable(client, name), await readKnown(client, name)];
  if (known === undefined || table === undefined)
    throw new Failure('type.not_found', { detail: `There is no type ${name}.` });
  const letGo = `ALTER PUBLICATION ${PUBLICATION} DROP TABLE ${quoteTable(name)}`;
  if (known.attached) {
    const does = `${name} is a type no longer; the table stays as it is`;
    const step: Step = { does, sql: table.isPublished ? [letGo] : [], locks: 'writes', takes: 'moment' };
    return { type: name, table, steps: [step] };
  }
  const referring = await referringTypes(client, name);
  if (referring.length > 0) {
    const detail = `is referred to by ${referring.join(', ')}`;
    throw new Failure('type.in_conflict', { detail: `The type ${detail}`, errors: [{ pointer: '/name', detail }] });
  }
  const look = { pointer: '', detail: 'are lost', where: 'true', canConfirm: true };
  const step = atOnce(
    `the table ${name} is dropped, with all its things`,
    [releaseFiles(name), `DROP TABLE ${quoteTable(name)}`],
    [look],
  );
  return { type: name, table, steps: [step], alwaysConfirm: true };
};

/** Fields that refer to the type, as `type.field`: by a foreign key, which may be of a table that is no type, or in a list. */
const referringTypes = async (db: Queryable, name: string): Promise<string[]> => {
  const { rows } = await db.query<{ field: string }>(
    `SELECT c.relname || '.' || a.attname AS field
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'f' AND k.confrelid = to_regclass($2) AND k.conrelid <> k.confrelid
     UNION
     SELECT t.name || '.' || f.key FROM nightshift_data.types t CROSS JOIN json_each(t.fields) AS f
     WHERE f.value->>'type' = $1 AND t.name <> $1
     ORDER BY 1`,
    [name, quoteTable(name)],
  );
  return rows.map(({ field }) => field);
};
