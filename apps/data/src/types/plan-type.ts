import { Failure, type DeclaredField, type DeclareType, type Field, type Violation } from '@nightshift/contracts';
import { PUBLICATION, TRUNCATE_TRIGGER } from '../database/grounds.ts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { escapePointer } from '../json-pointer.ts';
import { addField, dropField, idTypeOf } from './add-field.ts';
import { alterField } from './alter-field.ts';
import { checkAttached, checkTable, notOfAttached } from './check-attached.ts';
import { columnDefinition, createIndex, needsIndex } from './column-sql.ts';
import { fileGuards } from './file-guards.ts';
import { atOnce, type Step } from './plan-step.ts';
import type { Table, TableColumn } from './read-table.ts';

/** What the catalog says of a type. */
export interface KnownType {
  readonly attached: boolean;
  readonly fields: Readonly<Record<string, Field>>;
}

/** What is there before the declaration. */
export interface Before {
  /** The table to work on, whoever made it, under the name that it has now. */
  readonly table: Table | undefined;
  /** What the catalog says, if it is a type already. */
  readonly known: KnownType | undefined;
  /** The types that fields refer to, by name, with the SQL type of their id. */
  readonly targets: ReadonlyMap<string, string>;
  /** The SQL that makes a new id. */
  readonly newId: 'uuidv7()' | 'gen_random_uuid()';
}

export interface Planned {
  readonly steps: readonly Step[];
  readonly attached: boolean;
  /** What the catalog is to say: what was declared before and now. */
  readonly fields: Record<string, Field>;
}

/**
 * What has to be done so that the type is as declared, without looking at things. Existing columns of attached tables are never
 * touched.
 * @throws Failure `type.in_conflict` with every violation
 */
export const planType = (declared: DeclareType, before: Before): Planned => {
  const { table, known } = before;
  const violations: Violation[] = [];
  const attached = known?.attached ?? table !== undefined;
  const plan =
    table === undefined ? planNew(declared, before, violations) : planOn(table, declared, before, violations);
  refuse(violations);
  return { attached: table !== undefined && attached, ...plan };
};

type Work = Pick<Planned, 'steps' | 'fields'>;

const planNew = (declared: DeclareType, before: Before, violations: Violation[]): Work => {
  const table = quoteTable(declared.name);
  const fields = { ...before.known?.fields, ...bareFields(declared) };
  for (const name of declared.drop ?? []) delete fields[name];
  for (const [name, { renamedFrom }] of Object.entries(declared.fields))
    if (renamedFrom !== undefined) violations.push(noneToRename(name, renamedFrom));
  const columns = Object.entries(fields).map(([name, field]) =>
    columnDefinition(name, field, idTypeOf(name, field, declared.name, before, violations)),
  );
  const create = `CREATE TABLE ${table} (${[
    `"id" uuid PRIMARY KEY DEFAULT ${before.newId}`,
    `"createdAt" timestamptz NOT NULL DEFAULT now()`,
    `"updatedAt" timestamptz NOT NULL DEFAULT now()`,
    `"createdBy" text`,
    ...columns,
  ].join(', ')})`;
  const indexes = Object.entries(fields)
    .filter(([, field]) => needsIndex(field))
    .map(([name, field]) => createIndex(declared.name, name, field));
  const guards = Object.entries(fields).flatMap(([name, field]) => fileGuards(declared.name, name, field));
  const touch = `CREATE TRIGGER nightshift_touch BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* *<> NEW.*) EXECUTE FUNCTION nightshift_data.touch()`;
  const step: Step = {
    does: `the table ${declared.name} is made`,
    sql: [create, ...indexes, touch, ...guards, ...published(declared.name)],
    locks: 'nothing',
    takes: 'moment',
  };
  return { fields, steps: [step] };
};

const planOn = (table: Table, declared: DeclareType, before: Before, violations: Violation[]): Work => {
  const { known } = before;
  const isAttached = known?.attached ?? true;
  if (known === undefined) checkTable(table, violations);
  const steps: Step[] = [];
  if (table.name !== declared.name) steps.push(renameTable(table, declared.name, isAttached, violations));
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  const fields: Record<string, Field> = { ...known?.fields };
  for (const name of declared.drop ?? []) {
    const column = columns.get(name);
    if (isAttached && column !== undefined) violations.push(notOfAttached('/drop'));
    steps.push(dropField(declared.name, name, column));
    columns.delete(name);
    delete fields[name];
  }
  const adding: Step[] = [];
  for (const [name, field] of Object.entries(declared.fields)) {
    const source = sourceColumn(columns, name, field, violations);
    const earlier = known?.fields[source?.name ?? name];
    if (source !== undefined && source.name !== name) delete fields[source.name];
    fields[name] = bareField(field);
    const idType = idTypeOf(name, field, declared.name, before, violations);
    if (source === undefined) adding.push(...addField(declared.name, name, field, idType));
    else if (isAttached) checkAttached(source, name, field, violations);
    else {
      // A table that refers to itself does so under the name that it has now.
      const refersTo = source.refersTo === table.name ? declared.name : source.refersTo;
      const column = { ...source, refersTo };
      const altered = alterField({
        type: declared.name,
        table: table.name,
        column,
        name,
        known: earlier,
        field,
        idType,
      });
      if ('problem' in altered) violations.push({ pointer: `/fields/${name}/kind`, detail: altered.problem });
      else steps.push(...altered);
    }
  }
  if (!isAttached && !columns.has('createdBy'))
    adding.push(
      atOnce('who makes a thing is kept', [`ALTER TABLE ${quoteTable(declared.name)} ADD COLUMN "createdBy" text`]),
    );
  if (!table.isPublished)
    adding.push({
      does: `changes of ${declared.name} become events`,
      // A table of our own role is changed directly, another one with the rights of whoever migrated.
      sql: table.isOurs ? published(declared.name) : [`SELECT nightshift_data.adopt(${quoteText(table.name)})`],
      locks: 'writes',
      takes: 'moment',
    });
  return { fields, steps: [...steps, ...adding] };
};

const renameTable = (table: Table, name: string, isAttached: boolean, violations: Violation[]): Step => {
  if (isAttached)
    violations.push({ pointer: '/renamedFrom', detail: 'is an attached table: rename it in SQL, and declare it anew' });
  return atOnce(`${table.name} is renamed to ${name}`, [
    `ALTER TABLE ${quoteTable(table.name)} RENAME TO ${quoteName(name)}`,
  ]);
};

/** The column that is there for the field, under its own name or its former one. */
const sourceColumn = (
  columns: ReadonlyMap<string, TableColumn>,
  name: string,
  { renamedFrom }: DeclaredField,
  violations: Violation[],
): TableColumn | undefined => {
  const own = columns.get(name);
  if (renamedFrom === undefined) return own;
  const former = columns.get(renamedFrom);
  if (own !== undefined && former !== undefined)
    violations.push({
      pointer: `/fields/${escapePointer(name)}/renamedFrom`,
      detail: `cannot become ${name}: there are both ${renamedFrom} and ${name}`,
    });
  if (own === undefined && former === undefined) violations.push(noneToRename(name, renamedFrom));
  return own ?? former;
};

const noneToRename = (name: string, renamedFrom: string): Violation => ({
  pointer: `/fields/${escapePointer(name)}/renamedFrom`,
  detail: `cannot become ${name}: there is neither ${renamedFrom} nor ${name}`,
});

const published = (name: string): string[] => [
  `CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON ${quoteTable(name)} EXECUTE FUNCTION nightshift_data.tell_truncate()`,
  `ALTER TABLE ${quoteTable(name)} REPLICA IDENTITY FULL`,
  `ALTER PUBLICATION ${PUBLICATION} ADD TABLE ${quoteTable(name)}`,
];

const bareField = ({ renamedFrom: _renamedFrom, whereUnfit: _whereUnfit, ...field }: DeclaredField): Field => field;
const bareFields = ({ fields }: DeclareType): Record<string, Field> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, bareField(field)]));

const refuse = (errors: Violation[]): void => {
  if (errors.length === 0) return;
  throw new Failure('type.in_conflict', {
    detail: errors.map(({ pointer, detail }) => `${pointer.split('/')[2] ?? 'The table'} ${detail}`).join('; '),
    errors,
  });
};
