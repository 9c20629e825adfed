import { Failure, type DeclareType, type Field } from '@nightshift/contracts';
import type { Queryable } from '../database/queryable.ts';
import type { Before, KnownType } from './plan-type.ts';
import { readTable } from './read-table.ts';

/**
 * What there is of a type that is declared, under its name or its former one.
 * @throws Failure `type.in_conflict` when there is something under both names, or under neither
 */
export const readBefore = async (db: Queryable, declared: DeclareType): Promise<Before> => {
  const name = await currentName(db, declared);
  const [table, known] = [await readTable(db, name), await readKnown(db, name)];
  const referred = Object.values({ ...known?.fields, ...declared.fields }).flatMap((field) => field.type ?? []);
  const targets = new Map<string, string>();
  for (const target of new Set(referred)) {
    const idType = await idTypeOf(db, target);
    if (idType !== undefined) targets.set(target, idType);
  }
  return {
    table,
    known: known && renamedSelf(known, name, declared.name),
    targets,
    newId: await newIdOf(db),
  };
};

const currentName = async (db: Queryable, { name, renamedFrom }: DeclareType): Promise<string> => {
  if (renamedFrom === undefined) return name;
  const isThere = async (one: string): Promise<boolean> => (await readTable(db, one)) !== undefined;
  const [isOld, isNew] = [await isThere(renamedFrom), await isThere(name)];
  if (isOld !== isNew) {
    if (isNew || (await readKnown(db, renamedFrom)) !== undefined) return isNew ? name : renamedFrom;
    throw conflict(`is not a type: declare ${renamedFrom} first`);
  }
  throw conflict(
    `cannot become ${name}: there ${isOld ? `are both ${renamedFrom} and` : `is neither ${renamedFrom} nor`} ${name}`,
  );
};

const conflict = (detail: string): Failure =>
  new Failure('type.in_conflict', { detail: `The type ${detail}`, errors: [{ pointer: '/renamedFrom', detail }] });

/** What the catalog says of the type of that name. */
export const readKnown = async (db: Queryable, name: string): Promise<KnownType | undefined> => {
  const { rows } = await db.query<{ fields: string; attached: string }>(
    'SELECT fields::text, attached::text FROM nightshift_data.types WHERE name = $1',
    [name],
  );
  return (
    rows[0] && { attached: rows[0].attached === 'true', fields: JSON.parse(rows[0].fields) as Record<string, Field> }
  );
};

/** A type that refers to itself does so under its new name. */
const renamedSelf = ({ attached, fields }: KnownType, from: string, to: string): KnownType => ({
  attached,
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.type === from ? { ...field, type: to } : field]),
  ),
});

/** Ids that grow with time keep an index's newest pages together; before Postgres 18 there is no function for them. */
const newIdOf = async (db: Queryable): Promise<Before['newId']> => {
  const { rows } = await db.query<{ name: string | null }>(
    `SELECT to_regprocedure('pg_catalog.uuidv7()')::text AS name`,
  );
  return rows[0]!.name === null ? 'gen_random_uuid()' : 'uuidv7()';
};

/** The SQL type of a type's id, by which others can refer to it. */
const idTypeOf = async (db: Queryable, name: string): Promise<string | undefined> => {
  const { rows } = await db.query<{ type: string }>(
    `SELECT format_type(a.atttypid, -1) AS type
     FROM nightshift_data.types t
     JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'public'::regnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id'
     WHERE t.name = $1`,
    [name],
  );
  return rows[0]?.type;
};
