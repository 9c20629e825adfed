import { Type, type Static } from 'typebox';

/** Somebody whom the door, or the database, let in, as what he asks for remembers him. */
export const CallerSchema = Type.Object({
  /** What he proved himself with: a key at the door, or a role of the database. */
  kind: Type.Enum(['key', 'role']),
  name: Type.String(),
});
export type Caller = Static<typeof CallerSchema>;
