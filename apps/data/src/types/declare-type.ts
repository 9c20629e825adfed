import { Failure, type DeclareType, type Field, type TypeDefinition } from '@nightshift/contracts';
import type pg from 'pg';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { TYPES_CHANGED } from '../catalog/watch-types.ts';
import { DATA_ROLE } from '../database/grounds.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import { inTransaction } from '../database/transaction.ts';
import { checkDeclaration } from './check-declaration.ts';
import { planType, type Before } from './plan-type.ts';
import { readTable, type Table } from './read-table.ts';

/** Serialises declarations, so that each plans on what the one before it has done. */
const DECLARE_LOCK = 4_711_003;

/** An index of a large table takes long to build; waiting long for a lock would hold up everybody who comes after. */
const PATIENCE = `SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '5s'`;

export interface DeclareTypeDeps {
  pool: pg.Pool;
  catalog: TypeCatalog;
}

/**
 * Declares, changes or attaches a type, all of it in one transaction. A new column locks its table against reads and writes for
 * the moment; an index locks it against writes while it is built.
 * @throws Failure `type.invalid`, `type.in_conflict`, `data.unavailable`
 */
export const makeDeclareType =
  ({ pool, catalog }: DeclareTypeDeps) =>
  async (input: unknown): Promise<TypeDefinition> => {
    const declared = checkDeclaration(input);
    await inTransaction(pool, (client) => declareIn(client, declared)).catch((error: unknown) => {
      throw typeFailure(declared.name, error);
    });
    await catalog.reload();
    return (await catalog.find(declared.name)).definition;
  };

const declareIn = async (client: pg.PoolClient, declared: DeclareType): Promise<void> => {
  // Whatever login the service has: what it makes belongs to the role, so that every replica and login can change it.
  await client.query(`SET LOCAL ROLE ${DATA_ROLE}`);
  await client.query(PATIENCE);
  await client.query('SELECT pg_advisory_xact_lock($1)', [DECLARE_LOCK]);
  const before = await readBefore(client, declared);
  const plan = planType(declared, before);
  for (const statement of plan.statements)
    await client.query(statement).catch((error: unknown) => notOurs(before.table, error));
  await client.query(
    `INSERT INTO nightshift_data.types (name, fields, attached) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET fields = excluded.fields, attached = excluded.attached`,
    [declared.name, JSON.stringify(plan.fields), plan.attached],
  );
  await client.query(`NOTIFY ${TYPES_CHANGED}`);
};

const readBefore = async (client: pg.PoolClient, declared: DeclareType): Promise<Before> => {
  const { rows } = await client.query<{ fields: string; attached: string }>(
    'SELECT fields::text, attached::text FROM nightshift_data.types WHERE name = $1',
    [declared.name],
  );
  const table = await readTable(client, declared.name);
  const known = rows[0] && {
    attached: rows[0].attached === 'true' && table !== undefined,
    fields: JSON.parse(rows[0].fields) as Record<string, Field>,
  };
  const referred = Object.values({ ...known?.fields, ...declared.fields }).flatMap((field) => field.type ?? []);
  const targets = new Map<string, string>();
  for (const name of new Set(referred)) {
    const target = await readTypeIdOf(client, name);
    if (target !== undefined) targets.set(name, target);
  }
  return { table, known, targets, newId: await newIdOf(client) };
};

/** Ids that grow with time keep an index's newest pages together; before Postgres 18 there is no function for them. */
const newIdOf = async (client: pg.PoolClient): Promise<Before['newId']> => {
  const { rows } = await client.query<{ grows: boolean }>(
    `SELECT to_regproc('pg_catalog.uuidv7') IS NOT NULL AS grows`,
  );
  return rows[0]!.grows ? 'uuidv7()' : 'gen_random_uuid()';
};

/** The SQL type of a type's id, by which others can refer to it. */
const readTypeIdOf = async (client: pg.PoolClient, name: string): Promise<string | undefined> => {
  const { rows } = await client.query<{ type: string }>(
    `SELECT format_type(a.atttypid, -1) AS type
     FROM nightshift_data.types t
     JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'public'::regnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
     WHERE t.name = $1`,
    [name],
  );
  return rows[0]?.type;
};

const notOurs = (table: Table | undefined, error: unknown): never => {
  if (isPostgresError(error) && error.code === sqlState.insufficientPrivilege && table !== undefined) {
    throw new Failure('type.in_conflict', {
      detail: `The table ${table.name} belongs to ${table.owner}. Let the data service have it: ALTER TABLE public."${table.name}" OWNER TO ${DATA_ROLE}`,
      cause: error,
    });
  }
  throw error;
};

const typeFailure = (type: string, error: unknown): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  const inConflict = (detail: string): Failure => new Failure('type.in_conflict', { detail, cause: error });
  switch (error.code) {
    case sqlState.notNull:
      return inConflict(
        `${error.column ?? 'A field'} cannot be required: there are things of type ${type} without it. Give it a default.`,
      );
    case sqlState.unique:
      return inConflict(
        `${/\(([^)]*)\)=/.exec(error.detail ?? '')?.[1] ?? 'A field'} cannot be unique: several things of type ${type} have the same.`,
      );
    case sqlState.foreignKey:
      return inConflict(`There are things of type ${type} that refer to nothing.`);
    case sqlState.queryCancelled:
    case sqlState.lockNotAvailable:
      return new Failure('data.unavailable', { detail: `The table ${type} was in use for too long.`, cause: error });
    case sqlState.insufficientPrivilege:
      return inConflict(`The database does not let ${DATA_ROLE} do that: ${error.message}.`);
    default:
      return error;
  }
};
