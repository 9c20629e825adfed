export { changeKinds, type ChangeEvent, type ChangeKind } from './change-event.ts';
export {
  ConditionSchema,
  DataRequestSchema,
  OriginSchema,
  SEARCH_LIMIT_MAX,
  SearchBodySchema,
  SortSchema,
  WhereSchema,
  type Condition,
  type DataAnswer,
  type DataRequest,
  type Origin,
  type Reply,
  type SearchBody,
  type SearchResult,
  type Where,
} from './data-request.ts';
export { dispatchId, dispatchText, MESSAGE_VALUE_MAX_BYTES, type Dispatch, type RunOutcome } from './dispatch.ts';
export { durationMs, DurationSchema, type Duration } from './duration.ts';
export { asFailure, Failure, failureFromProblem, failures, type FailureCode, type FailureDetails } from './failures.ts';
export type { Json, JsonObject } from './json.ts';
export {
  IDENTIFIER_PATTERN,
  IdentifierSchema,
  NAME_MAX_LENGTH,
  parseTypeName,
  parseWorkflowName,
  WORKFLOW_NAME_PATTERN,
  WorkflowNameSchema,
  type TypeName,
  type WorkflowName,
} from './names.ts';
export { ProblemSchema, type Problem, type Violation } from './problem.ts';
export type { Progress } from './progress.ts';
export {
  ListBodySchema,
  ListPacingSchema,
  RecurrenceBodySchema,
  ScheduleBodySchema,
  StartRunBodySchema,
  type AdmittedList,
  type ListBody,
  type ListPacing,
  type Page,
  type Recurrence,
  type RecurrenceBody,
  type RunView,
  type Schedule,
  type ScheduleBody,
  type StartedRun,
  type StartRunBody,
  type WorkflowInfo,
} from './rest.ts';
export {
  CauseSchema,
  isFinal,
  runEventData,
  runStatuses,
  type Cause,
  type NewRunEvent,
  type RunEvent,
  type RunEventData,
  type RunEventType,
  type RunFeedEvent,
  type RunRequested,
  type RunStatus,
} from './run-events.ts';
export { consumers, requests, signals, streams, subjects, type StreamDeclaration } from './subjects.ts';
export {
  builtInFields,
  DeclareTypeBodySchema,
  fieldKinds,
  FieldSchema,
  type DeclareType,
  type DeclareTypeBody,
  type Field,
  type FieldKind,
  type Thing,
  type TypeDefinition,
} from './type-definition.ts';
export { compileSchema, compileUserSchema, type Check } from './validation.ts';
