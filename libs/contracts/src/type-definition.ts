import { Type, type Static } from 'typebox';
import { IdentifierSchema } from './names.ts';

/** What a field can hold, and the column that Postgres keeps it in; a list is an array of that. */
export const fieldKinds = {
  text: 'text',
  number: 'double precision',
  integer: 'bigint',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamptz',
  json: 'jsonb',
  reference: 'uuid',
  /** One of the texts in `options`. */
  option: 'text',
  /** The id of a file. */
  file: 'uuid',
} as const;
export type FieldKind = keyof typeof fieldKinds;

export const FieldSchema = Type.Object(
  {
    kind: Type.Enum(Object.keys(fieldKinds) as FieldKind[]),
    /** The field holds a list of such values. */
    list: Type.Optional(Type.Boolean()),
    required: Type.Optional(Type.Boolean()),
    unique: Type.Optional(Type.Boolean()),
    indexed: Type.Optional(Type.Boolean()),
    default: Type.Optional(Type.Unknown()),
    /** For `reference`: the type that it refers to. A real foreign key, unless it is a list. */
    type: Type.Optional(IdentifierSchema),
    /** For `option`: the texts that it can be. */
    options: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 1000, uniqueItems: true }),
    ),
  },
  { additionalProperties: false },
);
export type Field = Static<typeof FieldSchema>;

/** Body of `PUT /v1/types/{type}`. Fields that the type has and the body has not stay as they are. */
export const DeclareTypeBodySchema = Type.Object(
  { fields: Type.Record(Type.String(), FieldSchema) },
  { additionalProperties: false },
);
export type DeclareTypeBody = Static<typeof DeclareTypeBodySchema>;

export interface DeclareType extends DeclareTypeBody {
  name: string;
}

/** Every thing has these; they are columns too, and nobody declares them. */
export const builtInFields = {
  id: { kind: 'text', required: true },
  createdAt: { kind: 'dateTime', required: true },
  updatedAt: { kind: 'dateTime', required: true },
  /** The user who made it; null when nobody did: the platform itself, or plain SQL. */
  createdBy: { kind: 'text' },
} as const satisfies Record<string, Field>;

/**
 * A type: a real table in schema `public`, named as the type is, with a column for each field, named as the field is.
 * Names are the same in REST, in workflows and in SQL.
 */
export interface TypeDefinition {
  name: string;
  fields: Record<string, Field>;
}

/** A row, as JSON: `id`, `createdAt`, `updatedAt`, `createdBy` and the type's fields. Times are ISO 8601 in UTC. */
export type Thing = { id: string } & Record<string, unknown>;
