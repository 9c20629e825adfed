export { createClient, type Client } from './create-client.ts';
export type { FollowedEvent, FollowOptions } from './events/follow-events.ts';
export { NightshiftError } from './nightshift-error.ts';
export type { EndpointOptions } from './parts/endpoint.ts';
export type { CreateList } from './parts/lists.ts';
export type { ListInfo } from '@nightshift/contracts';
export type { RunSearch, StartOptions, StopOptions } from './parts/runs.ts';
export type { SentEvent } from './parts/send-events.ts';
export type { ClientOptions } from './transport/http.ts';
