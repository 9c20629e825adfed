import type { FieldOperations } from '@nightshift/contracts';
import { escapePointer } from '../json-pointer.ts';
import type { Column } from '../values/column.ts';
import { toParameter } from '../values/to-parameter.ts';
import type { Assignment, Operation } from './assignment.ts';

/** What is to become of a column, or one clause that says what is wrong with it. */
export type Reading = Pick<Assignment, 'operation' | 'parameter'> | { problem: string };

/** One operation on one field, to be read once the column is known. */
export interface FieldOperation {
  readonly name: string;
  readonly pointer: string;
  readonly read: (column: Column) => Reading;
}

/** Every operation of a request with its place in it. */
export const readOperations = ({
  add = {},
  addList = {},
  remove = {},
  removeList = {},
  clear = [],
  increment = {},
}: FieldOperations): FieldOperation[] => [
  ...onFields('add', add, (column, item) => listReading('add', column, [item])),
  ...onFields('addList', addList, (column, items) => listReading('add', column, items)),
  ...onFields('remove', remove, (column, item) => listReading('remove', column, [item])),
  ...onFields('removeList', removeList, (column, items) => listReading('remove', column, items)),
  ...clear.map((name, index) => ({ name, pointer: `/clear/${index}`, read: clearReading })),
  ...onFields('increment', increment, incrementReading),
];

const onFields = <Value>(
  operation: string,
  values: Record<string, Value>,
  read: (column: Column, value: Value) => Reading,
): FieldOperation[] =>
  Object.entries(values).map(([name, value]) => ({
    name,
    pointer: `/${operation}/${escapePointer(name)}`,
    read: (column) => read(column, value),
  }));

const listReading = (
  operation: Extract<Operation, 'add' | 'remove'>,
  column: Column,
  items: readonly unknown[],
): Reading => {
  if (column.kind !== 'json' && !column.isList) return { problem: `is ${column.kind}, and no list` };
  const conversion = toParameter(column, items);
  return 'problem' in conversion ? conversion : { operation, parameter: conversion.parameter };
};

const clearReading = (column: Column): Reading =>
  // Whether json can be cleared depends on what it holds: a list becomes the empty list.
  column.isNullable || column.isList || column.kind === 'json'
    ? { operation: 'clear', parameter: null }
    : { problem: `cannot be cleared: ${column.name} is required` };

const incrementReading = (column: Column, by: number): Reading => {
  if (column.isList || (column.kind !== 'number' && column.kind !== 'integer'))
    return { problem: `is ${column.isList ? 'a list' : column.kind}, and only numbers can be incremented` };
  const conversion = toParameter(column, by);
  return 'problem' in conversion ? conversion : { operation: 'increment', parameter: conversion.parameter };
};
