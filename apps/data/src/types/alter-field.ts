import type { DeclaredField, Field, FieldKind } from '@nightshift/contracts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';
import { escapePointer } from '../json-pointer.ts';
import { kindOfColumn } from '../values/kind-of-oid.ts';
import {
  columnType,
  createIndex,
  defaultLiteral,
  foreignKey,
  hasDefault,
  isForeignKey,
  needsIndex,
  optionsRule,
  optionsRuleName,
} from './column-sql.ts';
import { fileGuards, fileKey, holdsUnknownFile, releaseFiles } from './file-guards.ts';
import { atOnce, type Look, type Step } from './plan-step.ts';
import type { TableColumn } from './read-table.ts';
import { conversionOf, type Conversion } from './retype.ts';

/** A column that is there, and what is to become of it. */
export interface Alteration {
  /** The type's name, as it is when the columns are altered. */
  readonly type: string;
  /** The table's name, as it is before anything is done. */
  readonly table: string;
  readonly column: TableColumn;
  /** The field's name afterwards. */
  readonly name: string;
  readonly known: Field | undefined;
  readonly field: DeclaredField;
  /** The SQL type of the ids that the field refers to. */
  readonly idType: string | undefined;
}

/**
 * Everything that makes a column of a table of our own what is declared, in order: rules that do not hold any longer go first,
 * values change in the middle, new rules come last. Or one clause that says why that cannot be.
 */
export const alterField = (alteration: Alteration): Step[] | { problem: string } => {
  const { column, field, known } = alteration;
  const existing = describe(kindOfColumn(column.shape, column.refersTo, known ?? field), column.shape.isList, {
    refersTo: column.refersTo ?? known?.type ?? field.type,
  });
  const wanted = describe(field.kind, field.list === true, { refersTo: field.type });
  const isRetyped = existing !== wanted;
  const hasOtherOptions =
    field.kind === 'option' &&
    (column.optionsRule === null || JSON.stringify(known?.options) !== JSON.stringify(field.options));
  const conversion = isRetyped || hasOtherOptions ? conversionOfColumn(alteration) : undefined;
  if (isRetyped && conversion === undefined)
    return {
      problem: `is ${existing} (column type ${column.sqlType}) and cannot become ${wanted}: no value of the one means one of the other`,
    };
  const change: Change = { ...alteration, conversion, isRetyped, hasOtherOptions, existing, wanted };
  return [...renamed(change), ...loosened(change), ...converted(change), ...tightened(change)];
};

interface Change extends Alteration {
  readonly conversion: Conversion | undefined;
  readonly isRetyped: boolean;
  readonly hasOtherOptions: boolean;
  readonly existing: string;
  readonly wanted: string;
}

const describe = (kind: FieldKind, isList: boolean, { refersTo }: { refersTo: string | undefined }): string =>
  `${isList ? 'list of ' : ''}${kind === 'reference' ? `reference to ${refersTo}` : kind}`;

const conversionOfColumn = (
  { column, known, field, idType }: Alteration,
  value = `t.${quoteName(column.name)}`,
): Conversion | undefined =>
  conversionOf(
    {
      kind: kindOfColumn(column.shape, column.refersTo, known ?? field),
      isList: column.shape.isList,
      elementType: column.elementType,
    },
    { field, idType },
    value,
  );

const alter = ({ type }: Alteration): string => `ALTER TABLE ${quoteTable(type)}`;
const alterColumn = (change: Change): string => `${alter(change)} ALTER COLUMN ${quoteName(change.name)}`;

const renamed = (change: Change): Step[] => {
  const { column, name } = change;
  if (column.name === name) return [];
  const rule =
    column.optionsRule === optionsRuleName(column.name)
      ? [`${alter(change)} RENAME CONSTRAINT ${quoteName(column.optionsRule)} TO ${quoteName(optionsRuleName(name))}`]
      : [];
  return [
    atOnce(`${column.name} is renamed to ${name}`, [
      `${alter(change)} RENAME COLUMN ${quoteName(column.name)} TO ${quoteName(name)}`,
      ...rule,
    ]),
  ];
};

/** The rule as it is called after the renaming. */
const ruleOf = ({ column, name }: Change): string | null =>
  column.optionsRule === optionsRuleName(column.name) ? optionsRuleName(name) : column.optionsRule;

const loosened = (change: Change): Step[] => {
  const { column, field, name, isRetyped, hasOtherOptions } = change;
  const rule = ruleOf(change);
  const steps: Step[] = [];
  const drop = (does: string, sql: string): number => steps.push(atOnce(does, [sql]));
  if (column.notNull && field.required !== true)
    drop(`${name} is no longer required`, `${alterColumn(change)} DROP NOT NULL`);
  if (column.hasDefault && (isRetyped || !hasDefault(field)))
    drop(`${name} has its default no longer`, `${alterColumn(change)} DROP DEFAULT`);
  if (column.uniqueConstraint !== null && field.unique !== true)
    drop(`${name} is no longer unique`, `${alter(change)} DROP CONSTRAINT ${quoteName(column.uniqueConstraint)}`);
  if (rule !== null && (isRetyped || hasOtherOptions))
    drop(`${name} is not bound to its options`, `${alter(change)} DROP CONSTRAINT ${quoteName(rule)}`);
  if (column.isGuarded && isRetyped) drop(`${name} lets its files go`, releaseFiles(change.type, name));
  if (column.foreignKey !== null && isRetyped)
    drop(
      `${name} refers to ${column.refersTo ?? 'files'} no longer`,
      `${alter(change)} DROP CONSTRAINT ${quoteName(column.foreignKey)}`,
    );
  if (column.plainIndex !== null && (isRetyped || !needsIndex(field)))
    drop(`${name} has its index no longer`, `DROP INDEX public.${quoteName(column.plainIndex)}`);
  return steps;
};

const converted = (change: Change): Step[] => {
  const { column, field, name, idType, conversion, isRetyped, existing, wanted } = change;
  if (conversion === undefined) return [];
  const held = `t.${quoteName(column.name)}`;
  const to = columnType(field, idType);
  const toNull = field.whereUnfit === 'null';
  const look = (detail: string, where: string, canConfirm: boolean): Look[] =>
    where === 'false'
      ? []
      : [
          {
            pointer: pointerOf(change),
            detail,
            column: column.name,
            where: `${held} IS NOT NULL AND ${where}`,
            canConfirm,
          },
        ];
  const unfit = conversion.fits === 'true' ? 'false' : `(${conversion.fits}) IS FALSE`;
  const isOther = isRetyped ? `the kind ${wanted}` : 'its new options';
  const looks = [
    ...look(
      toNull ? `hold a value that ${isOther} cannot hold, and lose it` : `hold a value that ${isOther} cannot hold`,
      unfit,
      toNull,
    ),
    ...(conversion.changes === 'false'
      ? []
      : look(
          `hold a value of which something is lost`,
          `(${conversion.fits}) IS TRUE AND ${conversion.changes}`,
          true,
        )),
  ];
  const does = isRetyped ? `${name} is ${wanted} in place of ${existing}` : `${name} has other options`;
  // Nothing is written when every value stays as it is.
  if (column.sqlType === to && !toNull) return [{ ...atOnce(does, [], looks), takes: 'reading' }];
  // From a row, and not from the parameter: what is made of a constant is made before anybody asks whether it fits.
  const { made } = conversionOfColumn(change, 'given.value')!;
  const body = `SELECT ${made} FROM (SELECT $1 AS value OFFSET 0) AS given`;
  return [
    {
      does,
      locks: 'everything',
      takes: 'rewriting',
      looks,
      sql: [
        `CREATE FUNCTION nightshift_data.made_anew(${column.sqlType}) RETURNS ${to} LANGUAGE sql AS ${quoteText(body)}`,
        `${alterColumn(change)} TYPE ${to} USING nightshift_data.made_anew(${quoteName(name)})`,
        `DROP FUNCTION nightshift_data.made_anew(${column.sqlType})`,
      ],
    },
  ];
};

const tightened = (change: Change): Step[] => {
  const { type, column, field, name, conversion, isRetyped, hasOtherOptions, known } = change;
  const value = conversion === undefined ? `t.${quoteName(column.name)}` : `(${conversion.made})`;
  const look = (detail: string, where: string): Look => ({
    pointer: pointerOf(change),
    detail,
    column: column.name,
    where,
    canConfirm: false,
  });
  const steps: Step[] = [];
  if (isForeignKey(field) && (isRetyped || column.foreignKey === null))
    steps.push({
      does: `${name} refers to things of type ${field.type}`,
      sql: [`${alter(change)} ADD ${foreignKey(name, field)}`],
      locks: 'writes',
      takes: 'reading',
    });
  if (field.kind === 'file' && (isRetyped || !column.isGuarded)) {
    const hasKey = column.foreignKey !== null && !isRetyped;
    steps.push({
      does: `${name} has its files to itself`,
      sql: [...(hasKey ? [] : fileKey(type, name, field)), ...fileGuards(type, name, field)],
      locks: 'writes',
      takes: 'reading',
      looks: [look('hold the id of a file that does not exist', holdsUnknownFile(value, field))],
    });
  }
  if (hasOtherOptions || (isRetyped && field.kind === 'option'))
    steps.push({
      does: `${name} is one of ${(field.options ?? []).length} options`,
      sql: [`${alter(change)} ADD ${optionsRule(name, field)}`],
      locks: 'everything',
      takes: 'reading',
    });
  const isOtherDefault = JSON.stringify(known?.default) !== JSON.stringify(field.default);
  if (hasDefault(field) && (isRetyped || isOtherDefault || !column.hasDefault))
    steps.push(atOnce(`${name} has a default`, [`${alterColumn(change)} SET DEFAULT ${defaultLiteral(field)}`]));
  const isNewlyRequired = field.required === true && !column.notNull;
  if (isNewlyRequired || (field.required === true && conversion !== undefined))
    steps.push({
      does: `${name} is ${isNewlyRequired ? '' : 'still '}required`,
      sql: isNewlyRequired ? [`${alterColumn(change)} SET NOT NULL`] : [],
      locks: 'everything',
      takes: 'reading',
      looks: [look('are without it and cannot be', `${value} IS NULL`)],
    });
  if (field.unique === true && (column.uniqueConstraint === null || conversion !== undefined)) {
    const same = `SELECT ${value} FROM ${quoteTable(change.table)} AS t WHERE ${value} IS NOT NULL GROUP BY 1 HAVING count(*) > 1`;
    steps.push({
      does: `${name} is ${column.uniqueConstraint === null ? '' : 'still '}unique`,
      sql: column.uniqueConstraint === null ? [`${alter(change)} ADD UNIQUE (${quoteName(name)})`] : [],
      locks: 'everything',
      takes: 'reading',
      looks: [look('have the same value as another one', `${value} IN (${same})`)],
    });
  }
  if (needsIndex(field) && (column.plainIndex === null || isRetyped))
    steps.push({
      does: `${name} has an index`,
      sql: [createIndex(type, name, field)],
      locks: 'writes',
      takes: 'reading',
    });
  return steps;
};

const pointerOf = ({ name }: Change): string => `/fields/${escapePointer(name)}`;
