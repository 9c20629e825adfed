export { createClient, type Client } from './create-client.ts';
export type { AnyDeployment, Deployment, ParametersOf, ResultOf, ThingOf, TypeOf, WorkflowOf } from './deployment.ts';
export type { FollowedEvent, FollowOptions } from './events/follow-events.ts';
export type { Followed } from './events/followed.ts';
export type { ChainHandle, GroupHandle, ImportHandle, ListHandle } from './handles/group-handles.ts';
export type { RunHandle, ScheduleHandle } from './handles/run-handle.ts';
export type { WaitOptions } from './handles/watch.ts';
export {
  isNightshiftError,
  NightshiftError,
  NightshiftUnavailable,
  RunFailed,
  type ClientFailureCode,
  type NightshiftErrorCode,
} from './nightshift-error.ts';
export type { ChainSearch } from './parts/chains.ts';
export type { DeadLetterSearch } from './parts/dead-letters.ts';
export type { EndpointOptions } from './parts/endpoint.ts';
export type { EvaluationSearch } from './parts/evaluations.ts';
export type { DownloadOptions, UploadOptions } from './parts/files.ts';
export type { ImportOptions, ImportSearch, ImportSource } from './parts/imports.ts';
export type { CreateList, CreateListFor, ItemSearch, ListSearch } from './parts/lists.ts';
export type { MailSearch } from './parts/mailbox.ts';
export type { FollowedDocument, FollowProgressOptions } from './parts/progress.ts';
export type { RecurrenceFor } from './parts/recurrences.ts';
export type { ListInfo } from '@nightshift/contracts';
export type { RunSearch, Started, StartOptions, StopOptions } from './parts/runs.ts';
export type { ScheduleFor, ScheduleSearch } from './parts/schedules.ts';
export type { ReceivedEventSearch } from './parts/received-events.ts';
export type { SentEvent } from './parts/send-events.ts';
export type { FoundThings, ThingSearch } from './parts/things.ts';
export type { DeclareMore } from './parts/types.ts';
export type { DeliverySearch } from './parts/webhooks.ts';
export type { CallOptions, ClientOptions, Repeatable } from './transport/http.ts';
