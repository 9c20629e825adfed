import { quoteName, quoteTable } from '../database/quote.ts';
import { alter, alterColumn, pointerOf, type Change } from './alteration.ts';
import {
  createIndex,
  defaultLiteral,
  foreignKey,
  hasDefault,
  isForeignKey,
  needsIndex,
  optionsRule,
} from './column-sql.ts';
import { fileGuards, fileKey, holdsUnknownFile } from './file-guards.ts';
import { atOnce, type Look, type Step } from './plan-step.ts';

/** What holds of a column from now on, and the things of which it does not hold yet. */
export const tightened = (change: Change): Step[] => {
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
