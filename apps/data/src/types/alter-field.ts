import type { FieldKind } from '@nightshift/contracts';
import { quoteName, quoteText } from '../database/quote.ts';
import { kindOfColumn } from '../values/kind-of-oid.ts';
import { columnType, hasDefault, needsIndex, optionsRuleName } from './column-sql.ts';
import { alter, alterColumn, pointerOf, type Alteration, type Change } from './alteration.ts';
import { releaseFiles } from './file-guards.ts';
import { atOnce, type Look, type Step } from './plan-step.ts';
import { tightened } from './tighten-field.ts';
import { conversionOf, type Conversion } from './retype.ts';

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
