import { Type } from 'typebox';

/** A schedule's key within its workflow: what the caller calls it. No control characters. */
export const ScheduleKeySchema = Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]+$', maxLength: 200 });

const time = Type.Optional(Type.String({ format: 'date-time' }));

/** What runs and schedules are found by beside what every run has. All of it is known of runs that were scheduled, or that have a key. */
export const scheduleCriteria = {
  key: Type.Optional(ScheduleKeySchema),
  keyPrefix: Type.Optional(ScheduleKeySchema),
  /** The name of who asked for it. */
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  dueAfter: time,
  dueBefore: time,
  /** Parameters that hold all of this: objects within them may hold more, lists further items. */
  parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 })),
};
