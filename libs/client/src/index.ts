export { createClient, type Client } from './create-client.ts';
export type { FollowedEvent, FollowOptions } from './events/follow-events.ts';
export { NightshiftError } from './nightshift-error.ts';
export type { EndpointOptions } from './parts/endpoint.ts';
export type { CreateList, ListInfo } from './parts/lists.ts';
export type { RunSearch, StartOptions, StopOptions } from './parts/runs.ts';
export type { ScheduleSearch } from './parts/schedules.ts';
export type { SentEvent } from './parts/send-events.ts';
export type { ClientOptions, Repeatable } from './transport/http.ts';
