import { commonConfig } from '@nightshift/runtime';
import { Type, type Static } from 'typebox';

/** What the trigger service is told by its environment. */
export const TriggerConfigSchema = Type.Object({
  ...commonConfig,
  /** `postgres://…`, of a role in `nightshift_trigger`. Not through a pooler in transaction mode: the leadership is a session's. */
  NIGHTSHIFT_LEDGER_URL: Type.String({ minLength: 1 }),
});
export type TriggerConfig = Static<typeof TriggerConfigSchema>;
