import type { DataRequest } from '@nightshift/contracts';

type WithoutKey<Request> = Request extends unknown ? Omit<Request, 'key' | 'origin'> : never;

/** An HTTP request, ready to be sent; the executor adds its idempotency key. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** How the answer's body is read. */
  expect: 'json' | 'text';
}

/** Start a workflow, at once or later. */
export interface StartRequest {
  workflow: string;
  parameters: Record<string, unknown>;
  dueAt?: string;
  delayMs?: number;
  version: 'pinned' | 'latest';
}

/** Start a workflow for each item. */
export interface StartListRequest {
  workflow: string;
  items: unknown[];
  /** The parameter that the item is given as. */
  as?: string;
  parameters: Record<string, unknown>;
  intervalMs?: number;
  concurrency?: number;
  onComplete?: string;
}

/** What a step wants done in the world. Fewer than the actions: the executor has one performer for each kind. */
export type Effect =
  /** Nothing to do: the value is the step's result. */
  | { kind: 'value'; value: unknown }
  | { kind: 'data'; request: WithoutKey<DataRequest> }
  | { kind: 'http'; request: HttpRequest }
  /** Until a moment, or for a length of time: exactly one of the two. */
  | { kind: 'wait'; until?: string; durationMs?: number }
  | ({ kind: 'start' } & StartRequest)
  | ({ kind: 'startList' } & StartListRequest)
  | { kind: 'call'; workflow: string; parameters: Record<string, unknown> };

export type EffectKind = Effect['kind'];
export type EffectOf<Kind extends EffectKind> = Extract<Effect, { kind: Kind }>;
