import type { DataRequest, EndpointAnswer, ListOrder, Problem, RecurrenceBody } from '@nightshift/contracts';

type WithoutKey<Request> = Request extends unknown ? Omit<Request, 'key' | 'origin'> : never;

/** An HTTP request, ready to be sent; the executor adds its idempotency key. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: HttpBody;
  timeoutMs: number;
  /** How the answer's body is read. `base64`: bytes as text. `auto`: by the answer's content type. */
  expect: 'json' | 'text' | 'base64' | 'auto';
  /** Whether an answer of 400 and above is the step's result as any other (`data`), or its failure. */
  errors: 'fail' | 'data';
  /** The answer may not be longer; the executor's own limit holds as well. */
  maxBytes?: number;
}

/** A body as it is sent. `form`: multipart, with files whose content is base64. */
export type HttpBody =
  { kind: 'text'; text: string } | { kind: 'bytes'; base64: string } | { kind: 'form'; fields: HttpFormField[] };

export type HttpFormField =
  { name: string; value: string } | { name: string; fileName: string; contentType: string; base64: string };

/** A mail, ready to be sent; the executor adds its `Message-ID` and, where there is none, the sender. */
export interface EmailMessage {
  from?: string;
  to: string[];
  cc: string[];
  bcc: string[];
  replyTo?: string;
  subject: string;
  text?: string;
  html?: string;
  headers: Record<string, string>;
  attachments: { fileName: string; contentType: string; base64: string }[];
}

/** Which runs a `cancel` step ends: those named, or those that all the given criteria fit. */
export interface CancelRequest {
  /** Ids of runs or schedules. */
  runs?: string[];
  /** Ids of lists. */
  lists?: string[];
  where?: { workflow?: string; chainId?: string; listId?: string; parentRunId?: string; status?: string; key?: string };
  reason?: string;
}

/** Start a workflow, at once or later. */
export interface StartRequest {
  workflow: string;
  parameters: Record<string, unknown>;
  dueAt?: string;
  delayMs?: number;
  version: 'pinned' | 'latest';
  /** Takes the place of what waits under the same key. */
  key?: string;
  /** The run acts without heed to privacy rules. */
  ignorePrivacy?: boolean;
}

/** Start a workflow for each item. */
export interface StartListRequest {
  workflow: string;
  items: unknown[];
  /** The parameter that the item is given as. */
  as?: string;
  parameters: Record<string, unknown>;
  order?: ListOrder;
  /** An expression over `item`, `index` and `parameters`. */
  key?: string;
  intervalMs?: number;
  gapMs?: number;
  rate?: { limit: number; perMs: number };
  concurrency?: number;
  /** Percent of all items. 0: the first failure stops the list. */
  stopAbovePercent?: number;
  onComplete?: string;
  onItemFailed?: string;
  onProgress?: { workflow: string; everyItems?: number; everyPercent?: number };
}

/** What a step wants done in the world. Fewer than the actions: the executor has one performer for each kind. */
export type Effect =
  /** Nothing to do: the value is the step's result. */
  | { kind: 'value'; value: unknown }
  /** `isStrict`: nothing found is a failure; otherwise a change of nothing is a step skipped. */
  | { kind: 'data'; request: WithoutKey<DataRequest>; isStrict?: boolean }
  | { kind: 'http'; request: HttpRequest }
  | { kind: 'email'; message: EmailMessage }
  /** Until a moment, or for a length of time: exactly one of the two. */
  | { kind: 'wait'; until?: string; durationMs?: number }
  /** For an outside event of this type whose subject is the key. */
  | { kind: 'waitFor'; event: string; key: string }
  | ({ kind: 'start' } & StartRequest)
  | ({ kind: 'startList' } & StartListRequest)
  | { kind: 'call'; workflow: string; parameters: Record<string, unknown>; ignorePrivacy?: boolean }
  | ({ kind: 'cancel' } & CancelRequest)
  /** `spec` null: the recurrence ends. */
  | { kind: 'setRecurrence'; workflow: string; key: string; spec: RecurrenceBody | null }
  | { kind: 'emit'; event: { type: string; subject?: string; data?: unknown } }
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string; data?: unknown }
  | { kind: 'progress'; done?: number; total?: number; message?: string }
  /** Answers whoever called the workflow's endpoint. */
  | { kind: 'respond'; answer: EndpointAnswer }
  /** The step fails with this. */
  | { kind: 'raise'; problem: Problem }
  /** The run ends here, with success. */
  | { kind: 'stop'; result?: unknown };

export type EffectKind = Effect['kind'];
export type EffectOf<Kind extends EffectKind> = Extract<Effect, { kind: Kind }>;
