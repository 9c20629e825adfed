import type { DeclaredField, Field } from '@nightshift/contracts';
import { quoteName, quoteTable } from '../database/quote.ts';
import { escapePointer } from '../json-pointer.ts';
import type { TableColumn } from './read-table.ts';
import type { Conversion } from './retype.ts';

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

/** An alteration, looked at. */
export interface Change extends Alteration {
  readonly conversion: Conversion | undefined;
  readonly isRetyped: boolean;
  readonly hasOtherOptions: boolean;
  readonly existing: string;
  readonly wanted: string;
}

export const alter = ({ type }: Alteration): string => `ALTER TABLE ${quoteTable(type)}`;
export const alterColumn = (change: Change): string => `${alter(change)} ALTER COLUMN ${quoteName(change.name)}`;

export const pointerOf = ({ name }: Change): string => `/fields/${escapePointer(name)}`;
