import {
  changeKinds,
  DurationSchema,
  FlowSchema,
  IDENTIFIER_PATTERN,
  NAME_MAX_LENGTH,
  WORKFLOW_NAME_PATTERN,
  type Duration,
  type Flow,
  type Json,
  type JsonObject,
} from '@nightshift/contracts';
import { Type, type Static, type TSchema } from 'typebox';
import { blockKinds } from '../blocks/blocks.ts';
import { StepsSchema } from '../blocks/steps-schema.ts';
import { ExposeSchema, type Expose } from '../endpoint/expose-schema.ts';
import { CatchSchema, type Catch } from '../steps/catch.ts';
import { stepKinds } from '../steps/registry.ts';
import { RetrySchema } from '../steps/retry.ts';
import { GuardsSchema } from './guards.ts';

export const TriggerSchema = Type.Object(
  {
    change: Type.String({ description: 'The type whose things are watched.' }),
    kinds: Type.Optional(
      Type.Array(Type.Enum([...changeKinds]), {
        minItems: 1,
        description: 'All kinds if absent; with `fields` only `changed`.',
      }),
    ),
    fields: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        uniqueItems: true,
        description: 'Of a thing that is changed: the trigger fires only if at least one of these fields was.',
      }),
    ),
    per: Type.Optional(
      Type.Enum(['change', 'transaction'], {
        description:
          'What fires it: each change, if absent; or all that one transaction did to a thing, as one change from what it was to what it is.',
      }),
    ),
    cascade: Type.Optional(
      Type.Boolean({
        description: 'Whether changes that runs make fire it too, up to the depth that `guards` allow. Yes, if absent.',
      }),
    ),
    when: Type.Optional(
      Type.String({
        description: 'An expression over `before`, `now`, `kind` and `changedFields`; the trigger fires if it is true.',
      }),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What the run is given; texts that begin with `=` are expressions over what `when` sees.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** A workflow that starts when an event comes in from outside, or is emitted by a run. */
export const EventTriggerSchema = Type.Object(
  {
    event: Type.String({
      pattern: '.',
      maxLength: 256,
      description: 'The type of the events that start the workflow.',
    }),
    source: Type.Optional(
      Type.String({ pattern: '.', maxLength: 256, description: 'Who must have sent it; anybody if absent.' }),
    ),
    subject: Type.Optional(
      Type.String({ pattern: '.', maxLength: 256, description: 'What it must be about; anything if absent.' }),
    ),
    when: Type.Optional(
      Type.String({
        description:
          'An expression over `event`, with `id`, `source`, `type`, `subject`, `time` and `data`; the trigger fires if it is true.',
      }),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What the run is given; texts that begin with `=` are expressions over `event`.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** What may stand beside a step's action; `documentedOptions` says what for. */
export const stepOptions = {
  if: Type.Optional(Type.String()),
  retry: Type.Optional(RetrySchema),
  catch: Type.Optional(CatchSchema),
  timeout: Type.Optional(DurationSchema),
  compensate: Type.Optional(StepsSchema),
};

/** The same for editors: with explanations, and each schema written once. */
const documentedOptions = {
  if: Type.Optional(Type.String({ description: 'An expression; the step is skipped unless it is true.' })),
  retry: Type.Optional(Type.Ref('#/$defs/retry')),
  catch: Type.Optional(Type.Ref('#/$defs/catch')),
  timeout: Type.Optional(
    Type.Ref('#/$defs/duration', { description: 'How long one attempt may take, waiting included.' }),
  ),
  compensate: Type.Optional(
    Type.Ref('#/$defs/steps', {
      description: 'Steps that undo this one when a later one fails; the last completed step is undone first.',
    }),
  ),
} as const satisfies Record<keyof typeof stepOptions, TSchema>;

/** Everything but the steps, which are checked by their kinds. */
export const frame = {
  workflow: Type.String({
    pattern: WORKFLOW_NAME_PATTERN,
    maxLength: NAME_MAX_LENGTH,
    description: 'lower-case words joined by hyphens, as in welcome-email',
  }),
  title: Type.Optional(Type.String({ maxLength: 200 })),
  parameters: Type.Optional(
    Type.Object({}, { description: 'JSON Schema 2020-12 of an object; anything goes if absent.' }),
  ),
  expose: Type.Optional(ExposeSchema),
  triggers: Type.Optional(Type.Array(Type.Union([TriggerSchema, EventTriggerSchema]))),
  returns: Type.Optional(
    Type.Object(
      {},
      { description: 'JSON Schema 2020-12 of what `return` gives; a run that gives something else fails.' },
    ),
  ),
  timeout: Type.Optional(DurationSchema),
  guards: Type.Optional(GuardsSchema),
  flow: Type.Optional(FlowSchema),
  ignorePrivacy: Type.Optional(
    Type.Boolean({ description: 'Runs that act as a user are not bound by privacy rules; false if absent.' }),
  ),
};

const definitions = {
  steps: Type.Array(
    Type.Record(Type.String({ pattern: IDENTIFIER_PATTERN }), Type.Ref('#/$defs/step'), {
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      description: "One key, the step's name, by which later steps know its result.",
    }),
    { minItems: 1, description: 'Steps, one after the other; each sees the results of those before it.' },
  ),
  step: Type.Union(
    Object.entries({ ...stepKinds, ...blockKinds }).map(([kind, { schema }]) =>
      Type.Object({ [kind]: schema as TSchema, ...documentedOptions }, { additionalProperties: false }),
    ),
  ),
  retry: RetrySchema,
  catch: CatchSchema,
  duration: DurationSchema,
};

/** The JSON Schema of a workflow document, for editors. `checkDocument` finds more. */
export const workflowDocumentSchema = Type.Object(
  {
    ...frame,
    timeout: Type.Optional(
      Type.Ref('#/$defs/duration', { description: 'How long a run may take from its start, waiting included.' }),
    ),
    do: Type.Ref('#/$defs/steps'),
    return: Type.Optional(
      Type.Unknown({ description: 'What the workflow gives; every text that begins with `=` is an expression.' }),
    ),
  },
  {
    additionalProperties: false,
    title: 'Nightshift workflow',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: definitions,
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
  expose?: Expose;
  triggers?: (Static<typeof TriggerSchema> | Static<typeof EventTriggerSchema>)[];
  returns?: JsonObject;
  timeout?: Duration;
  guards?: Static<typeof GuardsSchema>;
  flow?: Flow;
  ignorePrivacy?: boolean;
  /** Each entry has one key, the step's name. */
  do: { [name: string]: StepBody }[];
  return?: Json;
}
