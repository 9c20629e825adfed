import { Type, type Static } from 'typebox';

/** Somebody whom the door let in, as what he asks for remembers him. */
export const CallerSchema = Type.Object({
  /** What he proved himself with. */
  kind: Type.Enum(['key']),
  name: Type.String(),
});
export type Caller = Static<typeof CallerSchema>;
