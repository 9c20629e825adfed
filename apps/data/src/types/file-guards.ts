import { createHash } from 'node:crypto';
import type { Field } from '@nightshift/contracts';
import { quoteName, quoteTable, quoteText } from '../database/quote.ts';

/** What a file field refers to. */
export const FILES_TABLE = 'nightshift_data.files';

/**
 * The triggers of a file field, by which a file goes with the thing that has it, whoever changes that thing. They cost nothing where the field stays as it is.
 * An array has no foreign key: for lists, two more do what one does. The functions are in `migrations/0006-files.ts`, which knows the triggers by
 * their names and what their conditions are about.
 */
export const fileGuards = (type: string, name: string, field: Field): string[] => {
  if (field.kind !== 'file') return [];
  const table = quoteTable(type);
  const column = quoteName(name);
  // A name of 63 letters leaves no room for more.
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 12);
  const trigger = (when: string, event: string, condition: string, action: string): string =>
    `CREATE OR REPLACE TRIGGER nightshift_file_${mark}_${when} AFTER ${event} ON ${table}
     FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION nightshift_data.${action}()`;
  const isOther = `OLD.${column} IS DISTINCT FROM NEW.${column}`;
  return [
    trigger('changed', 'UPDATE', `${isOther} AND OLD.${column} IS NOT NULL`, 'let_file_go'),
    trigger('deleted', 'DELETE', `OLD.${column} IS NOT NULL`, 'let_file_go'),
    ...(field.list === true
      ? [
          trigger('linked', 'INSERT', `NEW.${column} <> '{}'`, 'hold_files'),
          trigger('relinked', 'UPDATE', `${isOther} AND NEW.${column} <> '{}'`, 'hold_files'),
        ]
      : []),
    `CREATE OR REPLACE TRIGGER nightshift_files_truncated BEFORE TRUNCATE ON ${table}
     FOR EACH STATEMENT EXECUTE FUNCTION nightshift_data.let_all_files_go()`,
  ];
};

/** The foreign key for a column that is there; none for an array. */
export const fileKey = (type: string, name: string, field: Field): string[] =>
  field.list === true
    ? []
    : [`ALTER TABLE ${quoteTable(type)} ADD FOREIGN KEY (${quoteName(name)}) REFERENCES ${FILES_TABLE} ("id")`];

/** A condition: the value, of the kind that the field has, is the id of no file, or has one among it. */
export const holdsUnknownFile = (value: string, field: Field): string => {
  const ids = field.list === true ? `unnest(${value})` : `(SELECT ${value})`;
  const known = `SELECT FROM ${FILES_TABLE} AS file WHERE file.id = held.id`;
  return `EXISTS (SELECT FROM ${ids} AS held (id) WHERE held.id IS NOT NULL AND NOT EXISTS (${known}))`;
};

/** Lets go of the files in a column, or in all of a table, and sees to them no more: what is done before one of them is dropped or changed. */
export const releaseFiles = (type: string, name?: string): string =>
  `SELECT nightshift_data.release_files(${[quoteTable(type), ...(name === undefined ? [] : [name])].map(quoteText).join(', ')})`;
