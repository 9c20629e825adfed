import { Type } from 'typebox';
import { get } from './operation.ts';

/** Query of `GET /v1/audit`. */
export const AuditQuerySchema = Type.Object(
  {
    actor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'The name of the caller, as of a key.' }),
    ),
    operation: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'As in `workflows.publish`.' })),
    subject: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'A value of the path: a name or an id.' }),
    ),
    from: Type.Optional(Type.String({ description: 'Entries of this moment and later.' })),
    to: Type.Optional(Type.String({ description: 'Entries before this moment.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '50 if absent.' })),
    cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before.' })),
  },
  { additionalProperties: false },
);

export const auditOperations = {
  'audit.search': get('/v1/audit', 'admin', 'Who changed what at the door, the newest first.', {
    query: AuditQuerySchema,
    answers: { 200: 'Page<AuditEntryView>' },
  }),
};
