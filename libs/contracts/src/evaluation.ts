import { Type, type Static } from 'typebox';
import type { ChangeKind } from './change-event.ts';
import { DurationSchema } from './duration.ts';
import type { Origin } from './data-request.ts';
import type { Problem } from './problem.ts';
import type { Thing } from './type-definition.ts';

/**
 * What a change trigger decided about a change. `started`: a run. `depth`: a run, held before its first step, for as many runs had
 * started each other. `condition`: it does not hold. `fields`: none of those that are watched has changed. `cascade`: a run
 * made the change. `superseded`: the trigger looks at transactions, and this change is not what its transaction did to the thing.
 * `error`: the condition could not be evaluated, or the workflow does not start without parameters; it is among the dead letters.
 */
export const evaluationOutcomes = [
  'started',
  'depth',
  'condition',
  'fields',
  'cascade',
  'superseded',
  'error',
] as const;
export type EvaluationOutcome = (typeof evaluationOutcomes)[number];

/** Body of `PUT /v1/workflows/{name}/evaluations`. */
export const RecordEvaluationsSchema = Type.Object(
  {
    for: DurationSchema,
    most: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many are kept, the newest. 1,000 if absent.' }),
    ),
  },
  { additionalProperties: false },
);
export type RecordEvaluationsBody = Static<typeof RecordEvaluationsSchema>;

/** For how long, and how many, decisions of a workflow's triggers are recorded. */
export interface EvaluationRecordView {
  since: string;
  until: string;
  most: number;
}

/** One decision of a trigger. */
export interface EvaluationView {
  changeId: string;
  committedAt: string;
  evaluatedAt: string;
  workflowVersion: number;
  /** The trigger's place in the document, from 0. */
  trigger: number;
  outcome: EvaluationOutcome;
  /** Of `started` and `depth`. */
  runId?: string;
  thingId: string;
  type: string;
  kind: ChangeKind;
  changedFields: string[];
  /** As the condition saw it; long texts are shortened, and what is too large to be kept is left out. */
  before?: Thing;
  now?: Thing;
  origin: Origin;
  condition?: string;
  /** What the condition gave, where it was evaluated. Absent: nothing. */
  value?: unknown;
  error?: Problem;
}

/** Answer of `GET /v1/workflows/{name}/evaluations`. */
export interface EvaluationsView {
  /** Null: nobody has asked for any. */
  recording: EvaluationRecordView | null;
  /** Newest first. */
  items: EvaluationView[];
  nextCursor: string | null;
}
