import { Type, type Static } from 'typebox';
import { DurationSchema } from './duration.ts';

/** How the starts of a workflow are spread, and what holds them back. */

/** A longer one is a mistake, and indexes hold no more than some thousand bytes. */
export const FLOW_KEY_MAX_LENGTH = 512;

const closed = { additionalProperties: false };
const count = { minimum: 1, maximum: 1_000_000 };

export const FlowSchema = Type.Object(
  {
    key: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'An expression over `parameters`, `item` and `trigger`: runs with the same value share what is said per key.',
      }),
    ),
    priority: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Number({ minimum: -86_400, maximum: 86_400 })], {
        description:
          'Seconds, or an expression for them: the run stands in the queue as if it had been requested that much earlier. Nobody waits for ever for those who are more important.',
      }),
    ),
    concurrency: Type.Optional(
      Type.Object(
        {
          limit: Type.Optional(
            Type.Integer({ ...count, description: 'The most runs of the workflow under way at once.' }),
          ),
          perKey: Type.Optional(Type.Integer({ ...count, description: 'The most runs of one key under way at once.' })),
        },
        { ...closed, minProperties: 1, description: 'A run is under way from its start to its end, waits included.' },
      ),
    ),
    rate: Type.Optional(
      Type.Object(
        {
          limit: Type.Optional(
            Type.Integer({ ...count, description: 'The most starts within any period of this length.' }),
          ),
          perKey: Type.Optional(Type.Integer({ ...count, description: 'The same, of one key.' })),
          per: DurationSchema,
          spread: Type.Optional(
            Type.Boolean({ description: 'Starts are spaced evenly, at least `per` divided by the limit apart.' }),
          ),
          excess: Type.Optional(
            Type.Enum(['wait', 'cancel'], {
              description: 'What becomes of starts beyond the limit; they wait if absent.',
            }),
          ),
        },
        closed,
      ),
    ),
    debounce: Type.Optional(
      Type.Object(
        {
          period: DurationSchema,
          atMost: Type.Optional(DurationSchema),
        },
        {
          ...closed,
          description:
            'A start waits until none of its key has come for `period`, but not longer than `atMost` from the first; the last one runs, those before it are cancelled.',
        },
      ),
    ),
    batch: Type.Optional(
      Type.Object(
        { size: Type.Integer({ minimum: 2, maximum: 1000 }), within: DurationSchema },
        {
          ...closed,
          description:
            'Starts of one key are gathered, up to `size` of them or for as long as `within`, into one run that has their parameters as `batch`. Each ends as that run ends.',
        },
      ),
    ),
  },
  { ...closed, minProperties: 1 },
);
export type Flow = Static<typeof FlowSchema>;

/** What limits the starts of one workflow, as `GET /v1/flows` lists it. */
export interface FlowSetting {
  workflow: string;
  flow: Flow;
  updatedAt: string;
}

/** Answer of `GET /v1/workflows/{name}/flow`. */
export interface FlowView {
  workflow: string;
  /** Null: nothing limits its starts. */
  flow: Flow | null;
  updatedAt: string | null;
  /** Runs that are requested and not admitted yet. */
  waiting: number;
  /** Admitted runs that have not ended. Null without a flow: nobody counts them. */
  underWay: number | null;
  holds: HoldView[];
}

export const HoldBodySchema = Type.Object(
  {
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
    /** Of a workflow with a flow: only the runs of this key. */
    key: Type.Optional(Type.String({ maxLength: FLOW_KEY_MAX_LENGTH })),
  },
  closed,
);
export type HoldBody = Static<typeof HoldBodySchema>;

/** Nothing that it names starts until it is taken away: a workflow, one key of it, the next cycle of a chain, or everything. */
export interface HoldView {
  scope: 'everything' | 'workflow' | 'key' | 'chain';
  workflow?: string;
  key?: string;
  chainId?: string;
  reason?: string;
  since: string;
}

/** Why a run does not move, as `GET /v1/runs/{id}` tells of one that has not ended and is not running. */
export interface WaitingReason {
  for:
    | 'due'
    | 'hold'
    | 'concurrency'
    | 'rate'
    | 'debounce'
    | 'batch'
    | 'admission'
    | 'executor'
    | 'paused'
    | 'guard'
    | 'time'
    | 'retry'
    | 'run'
    | 'event'
    | 'lock';
  /** In a sentence. */
  detail: string;
  /** When it goes on by itself, if that is known. */
  until?: string;
  /** Runs that are admitted before it, of its key. */
  ahead?: number;
  /** Names what is waited for: a step, a run, a lock, a key. */
  step?: string;
  runId?: string;
  key?: string;
}
