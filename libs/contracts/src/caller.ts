import { Type, type Static } from 'typebox';

/** Somebody whom the door, or the database, let in, as what he asks for remembers him. */
export const CallerSchema = Type.Object({
  /** What he proved himself with: a key at the door, a token of his own there, or a role of the database. */
  kind: Type.Enum(['key', 'user', 'role']),
  name: Type.String(),
  /** As whom it is asked for: the id of a user, null for somebody who is not logged in. Absent: in the name of the platform itself. */
  user: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type Caller = Static<typeof CallerSchema>;
