import { Type, type Static } from 'typebox';
import type { Origin } from './data-request.ts';
import { WorkflowNameSchema } from './names.ts';
import { ScheduleKeySchema } from './schedule-criteria.ts';

/** The prefix of the logical messages by which SQL asks for runs. */
export const START_MESSAGE_PREFIX = 'nightshift.start';

/** The content of such a message, as `nightshift.start` and `nightshift.schedule` write it (`start-functions.ts`). */
export const SqlStartSchema = Type.Object({
  /** What the function has returned. */
  runId: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' }),
  workflow: WorkflowNameSchema,
  parameters: Type.Record(Type.String(), Type.Unknown()),
  /** Absent: at once. */
  dueAt: Type.Optional(Type.String({ format: 'date-time' })),
  /** As a schedule's: what waits for its start under it is changed in place of making another. */
  key: Type.Optional(ScheduleKeySchema),
  /** The role that called the function. */
  by: Type.String({ minLength: 1 }),
});
export type SqlStart = Static<typeof SqlStartSchema>;

/** A start that SQL asked for and committed, as a CloudEvent 1.0 in JSON; among the changes, in commit order. */
export interface SqlStartEvent {
  specversion: '1.0';
  /** `<commit position in the log>/s<index within the transaction>`: the same however often it is sent. */
  id: string;
  source: '/nightshift/data';
  type: 'nightshift.start';
  /** When it was committed. */
  time: string;
  datacontenttype: 'application/json';
  /** `start` is not checked yet: anybody with SQL can write such a message. Null: it was too large for one. */
  data: { start: unknown; origin: Origin };
}
