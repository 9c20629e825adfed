import type { RecurrenceBody } from '@nightshift/contracts';
import { EntitySchema } from 'typeorm';

/** A row of `recurrences`. */
export interface RecurrenceRow {
  workflow: string;
  key: string;
  spec: RecurrenceBody;
  nextAt: Date;
}

export const RecurrenceEntity = new EntitySchema<RecurrenceRow>({
  name: 'recurrence',
  schema: 'nightshift',
  tableName: 'recurrences',
  columns: {
    workflow: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    spec: { type: 'json' },
    nextAt: { type: 'timestamptz', name: 'next_at' },
  },
});
