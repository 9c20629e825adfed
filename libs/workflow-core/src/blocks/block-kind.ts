import type { TSchema } from 'typebox';

/** Steps inside a step: where they stand in the document, and what they are called in run events. */
export interface Body {
  /** The case of a `switch`, the branch of a `fork`, or `do`. */
  readonly branch: string;
  /** Below the block's action, as a JSON Pointer; empty if the action is itself the list of steps. */
  readonly pointer: string;
  readonly steps: unknown;
}

/** A kind of step that consists of steps. */
export interface BlockKind {
  /** The action; the steps in it are `StepsSchema` and checked each by its own kind. */
  readonly schema: TSchema;
  /** The bodies of an action that may be wrong: what is not there is left out. */
  readonly bodies: (action: unknown) => Body[];
}
