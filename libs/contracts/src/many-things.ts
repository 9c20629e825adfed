import { Type, type Static } from 'typebox';
import { FieldOperationsSchema, WhereSchema } from './data-request.ts';

/** Which things. Exactly one of the two. */
const which = { ids: Type.Optional(Type.Array(Type.String())), where: Type.Optional(WhereSchema) };
const dryRun = Type.Optional(Type.Boolean());

/** Body of `POST /v1/things/{type}/change`. */
export const ChangeThingsBodySchema = Type.Object(
  {
    ...which,
    fields: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    ...FieldOperationsSchema.properties,
    dryRun,
  },
  { additionalProperties: false },
);
/** Body of `POST /v1/things/{type}/delete`. */
export const DeleteThingsBodySchema = Type.Object({ ...which, dryRun }, { additionalProperties: false });
/** Body of `POST /v1/things/{type}/copy`. */
export const CopyThingsBodySchema = Type.Object(
  { ...which, fields: Type.Optional(Type.Record(Type.String(), Type.Unknown())), dryRun },
  { additionalProperties: false },
);
export type ChangeThingsBody = Static<typeof ChangeThingsBodySchema>;
export type DeleteThingsBody = Static<typeof DeleteThingsBodySchema>;
export type CopyThingsBody = Static<typeof CopyThingsBodySchema>;

/** How long one statement over many things may take, unless a deployment says otherwise. */
export const BULK_TIMEOUT_DEFAULT_MS = 120_000;
