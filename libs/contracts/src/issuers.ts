import { Type, type Static } from 'typebox';
import { IdentifierSchema, WorkflowNameSchema } from './names.ts';

/** Who says who a user is, by tokens that he signs: bodies and answers of `/v1/issuers`. */

const closed = { additionalProperties: false };
const url = Type.String({ pattern: '^https?://[^\\s#]+$', maxLength: 1000 });

/** Signatures that are made with a key that is not the one they are checked by. */
export const tokenAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** Lower-case words joined by hyphens; runs and the audit log remember users of the issuer by it. */
export const IssuerNameSchema = WorkflowNameSchema;

/** Body of `PUT /v1/issuers/{name}`. */
export const IssuerBodySchema = Type.Object(
  {
    /** What its tokens name it as, `iss`. */
    issuer: url,
    /** For whom its tokens have to be, `aud`: one of these. */
    audience: Type.Union([
      Type.String({ minLength: 1, maxLength: 500 }),
      Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { minItems: 1, maxItems: 20 }),
    ]),
    /** Where its keys are. Absent: where `.well-known/openid-configuration` says. */
    jwksUrl: Type.Optional(url),
    /** How its tokens may be signed; RS256, PS256, ES256 and EdDSA if absent. */
    algorithms: Type.Optional(Type.Array(Type.Enum([...tokenAlgorithms]), { minItems: 1, uniqueItems: true })),
    /** How far its clock may be from ours; 60 if absent. */
    clockSkewSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 300 })),
    /** What of a token finds the user: the claim `sub` and the field `id` if absent. */
    user: Type.Optional(
      Type.Object({ claim: Type.String({ minLength: 1, maxLength: 200 }), field: IdentifierSchema }, closed),
    ),
    /** Whether its users may read and change things at the door, as far as the privacy rules let them; false if absent. */
    maySeeData: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type IssuerBody = Static<typeof IssuerBodySchema>;

/** An issuer, as it is read back. */
export interface Issuer extends IssuerBody {
  name: string;
  algorithms: TokenAlgorithm[];
  clockSkewSeconds: number;
  user: { claim: string; field: string };
  maySeeData: boolean;
  createdAt: string;
  updatedAt: string;
}
