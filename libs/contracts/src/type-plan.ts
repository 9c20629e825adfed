/** Things that a change of a type loses something of, or that stand in its way. */
export interface AffectedThings {
  /** JSON Pointer into the declaration; empty for the type as a whole. */
  pointer: string;
  /** Completes "12 things …": `hold a value that is lost`. */
  detail: string;
  things: number;
  /** The first of them, with the field's value; long ones are cut. */
  sample: { id: string; value: unknown }[];
  /** Whether the plan can be confirmed in spite of them. If not, they have to be changed first. */
  canConfirm: boolean;
}

/** One thing that is done to a type. */
export interface TypePlanStep {
  /** In words. */
  does: string;
  /** What is run for it, in order. */
  sql: string[];
  /** What cannot be done with things of the type meanwhile: nothing is held up, writing is, or reading too. */
  locks: 'nothing' | 'writes' | 'everything';
  /** For how long: a moment, until every thing has been read, or until every thing has been written again. */
  takes: 'moment' | 'reading' | 'rewriting';
  affected?: AffectedThings[];
}

/** Everything that declaring or deleting a type would do, in order; all of it happens in one transaction. */
export interface TypePlan {
  type: string;
  /** `ready`: as it stands. `unconfirmed`: only with `confirm`. `impossible`: not before things have been changed. */
  verdict: 'ready' | 'unconfirmed' | 'impossible';
  /** What `confirm` has to say. The same as long as the same would be done to the same table. */
  hash: string;
  steps: TypePlanStep[];
}

export interface DeleteType {
  name: string;
  /** The hash of the plan. */
  confirm?: string;
  /** Only say what would be done. */
  dryRun?: boolean;
}
