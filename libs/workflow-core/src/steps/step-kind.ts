import type { TypeDefinition, Violation } from '@nightshift/contracts';
import type { TSchema } from 'typebox';
import type { Shape } from '../document/shape.ts';
import type { Action } from './action.ts';
import type { Effect } from './effect.ts';
import type { Refused } from './refusal.ts';

/** A workflow that documents may name. */
export interface KnownWorkflow {
  readonly name: string;
  /** JSON Schema of its parameters; absent: anything goes. */
  readonly parameters?: object;
  /** JSON Schema of what it returns; absent: anything. */
  readonly returns?: object;
}

/** What a document is checked against, and where in it the action stands. */
export interface Place {
  readonly pointer: string;
  readonly types: ReadonlyMap<string, TypeDefinition>;
  readonly workflows: ReadonlyMap<string, KnownWorkflow>;
}

/** Everything that there is to know about one kind of step. */
export interface StepKind {
  /** The action, as the document holds it. */
  readonly schema: TSchema;
  /** Whether the result cannot be computed again, so that it must be durable before anything after it begins. */
  readonly isRecorded: boolean;
  /** Whether the effect may happen twice, so that its start is made durable first. */
  readonly announcesStart: boolean;
  /** The parts of the action in which an expression that gives nothing means null. Elsewhere it is left out. */
  readonly nullIn?: readonly string[];
  /** Whether its expressions may name `secrets`. */
  readonly seesSecrets?: boolean;
  /** Whether it may stand in a `transaction`: it computes, or it only asks the data service. */
  readonly isTransactional?: boolean;
  /** What is wrong with the action beyond its schema, which it fits when this is called. */
  readonly check: (action: Action, place: Place) => Violation[];
  /** What can be said about the result before the step ran; undefined: anything. */
  readonly resultShape: (action: Action, types: Place['types'], workflows: Place['workflows']) => Shape | undefined;
  /** What to do, given the action with its expressions evaluated. */
  readonly prepare: (input: unknown) => Effect | Refused;
}
