import { Type, type Static } from 'typebox';
import { IdentifierSchema } from './names.ts';

/** What a field can hold, and the column that Postgres keeps it in. */
export const fieldKinds = {
  text: 'text',
  number: 'double precision',
  integer: 'bigint',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamptz',
  json: 'jsonb',
  reference: 'uuid',
} as const;
export type FieldKind = keyof typeof fieldKinds;

export const FieldSchema = Type.Object(
  {
    kind: Type.Enum(Object.keys(fieldKinds) as FieldKind[]),
    required: Type.Optional(Type.Boolean()),
    unique: Type.Optional(Type.Boolean()),
    indexed: Type.Optional(Type.Boolean()),
    default: Type.Optional(Type.Unknown()),
    /** For `reference`: the type that it refers to. A real foreign key. */
    type: Type.Optional(IdentifierSchema),
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
} as const satisfies Record<string, Field>;

/**
 * A type: a real table in schema `public`, named as the type is, with a column for each field, named as the field is.
 * Names are the same in REST, in workflows and in SQL.
 */
export interface TypeDefinition {
  name: string;
  fields: Record<string, Field>;
}

/** A row, as JSON: `id`, `createdAt`, `updatedAt` and the type's fields. Times are ISO 8601 in UTC. */
export type Thing = { id: string } & Record<string, unknown>;
