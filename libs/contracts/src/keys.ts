import { Type, type Static } from 'typebox';
import type { Caller } from './caller.ts';
import { DurationSchema } from './duration.ts';
import { roles, type Role } from './roles.ts';

/** Keys of the door: bodies and answers of `/v1/keys`. */

const closed = { additionalProperties: false };

/** Runs and the audit log remember callers by it, so that it has no characters that end words there. */
export const KeyNameSchema = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9 _.@/-]{0,99}$' });

export const RateLimitSchema = Type.Object(
  {
    requests: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    perSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  closed,
);
export type RateLimit = Static<typeof RateLimitSchema>;

const rights = {
  /** Null: it can do what `starts` allows, and nothing else. */
  role: Type.Union([Type.Enum([...roles]), Type.Null()]),
  /** Workflows that it may start whatever its role is: names, or the beginning of names followed by `*`. */
  starts: Type.Optional(
    Type.Array(Type.String({ pattern: '^([a-z][a-z0-9-]*)?\\*?$', minLength: 1, maxLength: 64 }), { maxItems: 100 }),
  ),
  /** Whether it sees what runs were given, did and returned; true if absent. */
  seesPayloads: Type.Optional(Type.Boolean()),
  /** How often it may ask; absent or null: as often as it likes. */
  rateLimit: Type.Optional(Type.Union([RateLimitSchema, Type.Null()])),
};

const expiry = {
  /** Absent: it is good until it is revoked. */
  expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
  /** The same, counted from now. */
  expiresIn: Type.Optional(DurationSchema),
};

/** Body of `POST /v1/keys`. */
export const CreateKeyBodySchema = Type.Object(
  {
    name: KeyNameSchema,
    ...rights,
    ...expiry,
    /** The id of the user as whom everything is asked for with it, bound by the privacy rules. */
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  closed,
);
export type CreateKeyBody = Static<typeof CreateKeyBodySchema>;

/** Body of `PATCH /v1/keys/{id}`. What is not named stays. */
export const ChangeKeyBodySchema = Type.Object(
  {
    ...rights,
    role: Type.Optional(rights.role),
    ...expiry,
    /** Null: it is good until it is revoked. */
    expiresAt: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  },
  { ...closed, minProperties: 1 },
);
export type ChangeKeyBody = Static<typeof ChangeKeyBodySchema>;

/** Body of `POST /v1/keys/{id}/rotate`. */
export const RotateKeyBodySchema = Type.Object(
  {
    /** How long the old key goes on being good. Absent: not at all. */
    overlap: Type.Optional(DurationSchema),
  },
  closed,
);
export type RotateKeyBody = Static<typeof RotateKeyBodySchema>;

/** Query of `GET /v1/keys`. */
export const KeysQuerySchema = Type.Object(
  {
    /** With those that were revoked. */
    revoked: Type.Optional(Type.Boolean()),
  },
  closed,
);

/** A key, as it is read back: never what opens the door. */
export interface KeyView {
  id: string;
  name: string;
  /** What it begins with, to find it by where it is kept. */
  beginning: string;
  role: Role | null;
  starts: string[];
  seesPayloads: boolean;
  rateLimit: RateLimit | null;
  user: string | null;
  createdAt: string;
  createdBy: Caller;
  expiresAt: string | null;
  revokedAt: string | null;
  /** To about a minute. */
  lastUsedAt: string | null;
  /** Until when the key from before the last rotation is good; null: it no longer is. */
  overlapUntil: string | null;
}

/** A key, the one time that it is shown. */
export interface NewKey extends KeyView {
  key: string;
}
