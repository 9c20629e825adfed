import type { WorkflowDocument } from '../document/document-schema.ts';
import type { CompiledExpression } from '../expressions/compile-expression.ts';
import { compileCondition } from '../expressions/compile-right.ts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { compileTriggerParameters, type TriggerParameters } from './trigger-parameters.ts';

/** What an event must be to start the workflow. */
export interface CompiledEventTrigger {
  /** Its place among the workflow's triggers. */
  readonly index: number;
  readonly type: string;
  /** Absent: whoever sent it. */
  readonly source?: string;
  /** Absent: whatever it is about. */
  readonly subject?: string;
  /** Absent: always. */
  readonly condition?: CompiledExpression;
  /** Absent: none are given. */
  readonly parameters?: TriggerParameters;
}

/** An event as triggers look at it, and as their runs have it in `trigger.event`. */
export interface EventView {
  id: string;
  source: string;
  type: string;
  subject: string | null;
  time: string;
  data: unknown;
}

/** What a trigger's condition and its parameters see. */
export const eventScope = (event: EventView): Scope => ({ event });

/**
 * Compiles the event triggers of a document that `checkDocument` found right.
 * @throws Error if an expression in it does not compile
 */
export const compileEventTriggers = (document: WorkflowDocument): CompiledEventTrigger[] =>
  (document.triggers ?? []).flatMap((trigger, index) => {
    if (!('event' in trigger)) return [];
    const { event: type, source, subject, when, parameters } = trigger;
    const pointer = `/triggers/${index}`;
    return [
      {
        index,
        type,
        ...(source !== undefined && { source }),
        ...(subject !== undefined && { subject }),
        ...(when !== undefined && { condition: compileCondition(when, `${pointer}/when`) }),
        ...(parameters !== undefined && { parameters: compileTriggerParameters(parameters, `${pointer}/parameters`) }),
      },
    ];
  });

/**
 * Whether an event starts the workflow. A promise only where the condition needs one.
 * @throws Failure `expression.failed`, thrown or as the promise's rejection
 */
export const matchEventTrigger = (
  { type, source, subject, condition }: CompiledEventTrigger,
  event: EventView,
  env: EvaluationEnv,
): boolean | Promise<boolean> => {
  if (type !== event.type) return false;
  if (source !== undefined && source !== event.source) return false;
  if (subject !== undefined && subject !== event.subject) return false;
  if (!condition) return true;
  const value = condition.evaluate(eventScope(event), env);
  return value instanceof Promise ? value.then(isMet) : isMet(value);
};
