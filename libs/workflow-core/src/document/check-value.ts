import type { Field, FieldKind, Violation } from '@nightshift/contracts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';
import { isWrittenOut } from './written-out.ts';

/** What a field of each kind takes; the data service, which has the last word, takes nothing else. */
const kinds: Record<FieldKind, { name: string; takes: (value: unknown) => boolean }> = {
  text: { name: 'a text', takes: (value) => typeof value === 'string' },
  number: { name: 'a number', takes: (value) => typeof value === 'number' },
  integer: { name: 'a whole number', takes: (value) => Number.isSafeInteger(value) },
  boolean: { name: 'true or false', takes: (value) => typeof value === 'boolean' },
  date: { name: 'a date, as in 2026-01-31', takes: (value) => isTime(value, /^\d{4}-\d\d-\d\d$/) },
  dateTime: {
    name: 'a date with time and zone, as in 2026-01-31T09:00:00Z',
    takes: (value) => isTime(value, /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*([Zz]|[+-]\d\d(:?\d\d)?)$/),
  },
  json: { name: 'JSON', takes: () => true },
  reference: { name: 'the id of a thing', takes: (value) => typeof value === 'string' },
  option: { name: 'a text', takes: (value) => typeof value === 'string' },
  file: { name: 'the id of a file', takes: (value) => typeof value === 'string' },
};

const isTime = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value) && !Number.isNaN(Date.parse(value.slice(0, 10)));

/** A value that is written out must be one that its field takes. */
export const checkValue = (value: unknown, field: Field, pointer: string): Violation[] => {
  if (!isWrittenOut(value)) return [];
  if (value === null) return field.required ? [{ pointer, detail: 'is required and cannot be null' }] : [];
  if (field.list !== true) return checkOne(value, field, pointer);
  if (!Array.isArray(value)) return [{ pointer, detail: 'must be a list' }];
  return value.flatMap((item, index) => checkElement(item, field, appendPointer(pointer, index)));
};

/** A value that is written out must be one that a list of such values takes. */
export const checkElement = (value: unknown, field: Field, pointer: string): Violation[] =>
  !isWrittenOut(value) || value === null ? [] : checkOne(value, field, pointer);

const checkOne = (value: unknown, { kind, options }: Field, pointer: string): Violation[] => {
  const { name, takes } = kinds[kind];
  if (!takes(value)) return [{ pointer, detail: `must be ${name}` }];
  if (options === undefined || options.includes(value as string)) return [];
  return [unknownWord(pointer, `must be one of ${options.join(', ')}`, value as string, options)];
};
