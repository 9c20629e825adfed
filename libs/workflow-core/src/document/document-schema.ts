import {
  changeKinds,
  DurationSchema,
  IDENTIFIER_PATTERN,
  NAME_MAX_LENGTH,
  WORKFLOW_NAME_PATTERN,
  type Duration,
  type Json,
  type JsonObject,
} from '@nightshift/contracts';
import { Type, type Static, type TSchema } from 'typebox';
import { blockKinds } from '../blocks/blocks.ts';
import { CatchSchema, type Catch } from '../steps/catch.ts';
import { stepKinds } from '../steps/registry.ts';
import { RetrySchema } from '../steps/retry.ts';
import { GuardsSchema } from './guards.ts';

const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const ExposeSchema = Type.Object(
  {
    /** Who may call `/wf/{name}`: anybody, a signed-in user, or only an admin, if absent. */
    auth: Type.Optional(Type.Enum(['none', 'user', 'admin'])),
    /** POST if absent. */
    methods: Type.Optional(Type.Array(Type.Enum([...httpMethods]), { minItems: 1 })),
  },
  { additionalProperties: false },
);

export const TriggerSchema = Type.Object(
  {
    /** The type whose things are watched. */
    change: Type.String(),
    /** All kinds if absent. */
    kinds: Type.Optional(Type.Array(Type.Enum([...changeKinds]), { minItems: 1 })),
    /** An expression over `before`, `now`, `kind` and `changedFields`; the trigger fires if it is true. */
    when: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** What may stand beside a step's action. */
export const stepOptions = {
  /** An expression; the step is skipped unless it is true. */
  if: Type.Optional(Type.String()),
  retry: Type.Optional(RetrySchema),
  catch: Type.Optional(CatchSchema),
  /** How long one attempt may take, waiting included. */
  timeout: Type.Optional(DurationSchema),
  /** Steps that undo this one when a later one fails; the last completed step is undone first. */
  compensate: Type.Optional(Type.Unknown({ description: 'a list of steps' })),
};

const stepSchemas = Object.entries({ ...stepKinds, ...blockKinds }).map(([kind, { schema }]) =>
  Type.Object({ [kind]: schema as TSchema, ...stepOptions }, { additionalProperties: false }),
);

/** Everything but the steps, which are checked by their kinds. */
export const frame = {
  workflow: Type.String({
    pattern: WORKFLOW_NAME_PATTERN,
    maxLength: NAME_MAX_LENGTH,
    description: 'lower-case words joined by hyphens, as in welcome-email',
  }),
  title: Type.Optional(Type.String({ maxLength: 200 })),
  /** JSON Schema 2020-12 of an object; anything goes if absent. */
  parameters: Type.Optional(Type.Object({})),
  /** Absent: the workflow is not reachable from outside. */
  expose: Type.Optional(ExposeSchema),
  triggers: Type.Optional(Type.Array(TriggerSchema)),
  /** JSON Schema 2020-12 of what `return` gives; a run that gives something else fails. */
  returns: Type.Optional(Type.Object({})),
  /** How long a run may take from its start, waiting included. */
  timeout: Type.Optional(DurationSchema),
  guards: Type.Optional(GuardsSchema),
};

/** The JSON Schema of a workflow document, for editors. `checkDocument` finds more. */
export const workflowDocumentSchema = Type.Object(
  {
    ...frame,
    do: Type.Array(
      Type.Record(Type.String({ pattern: IDENTIFIER_PATTERN }), Type.Union(stepSchemas), {
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: false,
      }),
      { minItems: 1 },
    ),
    return: Type.Optional(Type.Unknown()),
  },
  {
    additionalProperties: false,
    title: 'Nightshift workflow',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
  },
);

/** One entry of `do`, without its name: an action of some kind, and what stands beside it. */
export interface StepBody {
  readonly if?: string;
  readonly retry?: Static<typeof RetrySchema>;
  readonly catch?: Catch;
  readonly timeout?: Duration;
  readonly compensate?: WorkflowDocument['do'];
  /** The action, under its word. */
  readonly [action: string]: unknown;
}

/** A workflow document without mistakes. Only `checkDocument` makes one. */
export interface WorkflowDocument {
  workflow: string;
  title?: string;
  parameters?: JsonObject;
  expose?: Static<typeof ExposeSchema>;
  triggers?: Static<typeof TriggerSchema>[];
  returns?: JsonObject;
  timeout?: Duration;
  guards?: Static<typeof GuardsSchema>;
  /** Each entry has one key, the step's name. */
  do: { [name: string]: StepBody }[];
  return?: Json;
}
