export { checkDocument, type CheckedDocument, type DocumentContext } from './document/check-document.ts';
export { workflowDocumentSchema, type StepBody, type WorkflowDocument } from './document/document-schema.ts';
export { guardsOf, type Guards } from './document/guards.ts';
export { appendPointer } from './document/json-pointer.ts';
export { nearestWord } from './document/nearest-word.ts';
export { parseDocument, type ParsedDocument } from './document/parse-document.ts';
export { startsItself } from './document/starts-itself.ts';
export { compileEndpoint, hasRespond, type CompiledEndpoint } from './endpoint/compile-endpoint.ts';
export { readPath } from './endpoint/endpoint-path.ts';
export {
  compileExpression,
  expressionLimits,
  parseExpression,
  type CompiledExpression,
} from './expressions/compile-expression.ts';
export { compileEventFilter, type CompiledEventFilter } from './expressions/compile-event-filter.ts';
export { isMet } from './expressions/is-met.ts';
export type { NamesUsed, Reference, VariableUse } from './expressions/references.ts';
export type { EvaluationEnv, Scope } from './expressions/scope.ts';
export { leftOf, type SyntaxNode } from './expressions/syntax-tree.ts';
export {
  compileTemplate,
  isExpressionText,
  type CompiledTemplate,
  type PlacedExpression,
} from './expressions/template.ts';
export { checkFlow } from './flow/check-flow.ts';
export { compileFlow, type CompiledFlow, type FlowPlace } from './flow/compile-flow.ts';
export { addStarts, roomIn, type RateLimit, type RateWindow } from './flow/rate-window.ts';
export { compileItemKey, type KeyOf } from './lists/item-key.ts';
export { checkRecurrence, SHORTEST_INTERVAL_MS } from './recurrence/check-recurrence.ts';
export { nextOccurrences } from './recurrence/next-occurrences.ts';
export { planOccurrences, type PlannedMoment, type RecurrencePlace } from './recurrence/plan-occurrences.ts';
export { MISSED_AFTER_MS, settleOccurrences, type Settled, type Situation } from './recurrence/settle-occurrences.ts';
export { calledRuns, countEvent, shareDone, uncounted, type CountedRun, type StepCount } from './run/count-steps.ts';
export { decideFinish, type FinishOutcome } from './run/decide-finish.ts';
export type { FailedAttempt } from './run/decide-failure.ts';
export { decideRound, decideRoundEnd, hasNextItem } from './run/decide-round.ts';
export { decideStep, type StepOutcome } from './run/decide-step.ts';
export { evolve } from './run/evolve.ts';
export { nextMoves, nextMovesInside, timeoutOf, type Collected, type Move } from './run/next-moves.ts';
export { deadlineOf, nextWake } from './run/next-wake.ts';
export { iterationOf } from './run/place.ts';
export { compileWorkflow, type Plan, type PlanSequence, type PlanStep } from './run/plan.ts';
export type { PlanBlock } from './run/plan-block.ts';
export { replayHistory, type Replay } from './run/replay.ts';
export { initialState, isEnded, type Awaited, type KnownRun, type RunState, type StepState } from './run/run-state.ts';
export { scopeAtRoundEnd, scopeBeforeRound } from './run/round-scope.ts';
export { scopeOf } from './run/scope-of.ts';
export type { Effect, EffectKind, EffectOf, HttpRequest, StartListRequest, StartRequest } from './steps/effect.ts';
export { contentTypeOf, isJsonType } from './steps/answer-input.ts';
export type { Refused } from './steps/refusal.ts';
export { stepKindNames, type StepKindName } from './steps/registry.ts';
export { retryDelayMs, type Retry } from './steps/retry.ts';
export type { KnownWorkflow, StepKind } from './steps/step-kind.ts';
export { changeScope, type ChangeView } from './triggers/change-view.ts';
export { compileTriggers, matchTrigger, type CompiledTrigger, type UnmetReason } from './triggers/compile-triggers.ts';
export {
  compileEventTriggers,
  eventScope,
  matchEventTrigger,
  type CompiledEventTrigger,
  type EventView,
} from './triggers/event-trigger.ts';
export { makeTriggerLookup, type TriggerLookup, type Watcher } from './triggers/trigger-lookup.ts';
