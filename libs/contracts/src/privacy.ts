import { Type, type Static } from 'typebox';

/** As whom the data service is asked. */
export const ActingUserSchema = Type.Object(
  {
    /** The id of a thing of the user type; null: somebody who is not logged in. */
    user: Type.Union([Type.String(), Type.Null()]),
    /** The request is not bound by the privacy rules; the user is only remembered. */
    ignorePrivacy: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ActingUser = Static<typeof ActingUserSchema>;

/** A rule gives rights to those for whom its condition holds. The rights of several rules add up; what no rule gives is not allowed. */
export const PrivacyRuleSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    /** An expression over `thing` and `currentUser`. Absent: it holds for everybody, logged in or not. */
    when: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
    /** Such things are there for him: by their ids, in searches and behind references. */
    find: Type.Optional(Type.Boolean()),
    /** The fields that he sees of what he may find. */
    see: Type.Optional(Type.Union([Type.Literal('all'), Type.Array(Type.String())])),
    /** Judged by the thing as it was written. */
    create: Type.Optional(Type.Boolean()),
    /** Judged by the thing as it was before. A list: only these fields. */
    change: Type.Optional(Type.Union([Type.Boolean(), Type.Array(Type.String())])),
    delete: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type PrivacyRule = Static<typeof PrivacyRuleSchema>;

/** Body of `PUT /v1/types/{type}/privacy`: all the rules of the type, in place of those before. */
export const PrivacyBodySchema = Type.Object(
  { rules: Type.Array(PrivacyRuleSchema, { maxItems: 50 }) },
  { additionalProperties: false },
);
export type PrivacyBody = Static<typeof PrivacyBodySchema>;

/** What the data service is asked about the rules of a type. Without `rules` they are read, otherwise set. */
export const PrivacyRequestSchema = Type.Object(
  { type: Type.String(), rules: Type.Optional(PrivacyBodySchema.properties.rules) },
  { additionalProperties: false },
);
export type PrivacyRequest = Static<typeof PrivacyRequestSchema>;

/** The rules of a type, as REST answers. */
export interface TypePrivacy {
  type: string;
  rules: PrivacyRule[];
}

/** What the origin of a change calls who made it; undefined for the platform itself. */
export const actorOf = <User extends string | null | undefined>(
  user: User,
): User extends undefined ? undefined : string =>
  (user === undefined ? undefined : user === null ? 'anonymous' : `user:${user}`) as never;

/** Name of the header that says as whom a request is made: an id, or nothing for somebody who is not logged in. */
export const USER_HEADER = 'nightshift-user';
