import { Type, type Static } from 'typebox';
import type { Caller } from './caller.ts';
import type { Cause, RunStatus } from './run-events.ts';
import type { FailureCode } from './failures.ts';
import type { WaitingReason } from './flow.ts';
import type { Problem } from './problem.ts';
import type { Lateness } from './schedules.ts';

/** Bodies and answers of the REST contract. Every body is checked against its schema at the door. */

const parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));

export const StartRunBodySchema = Type.Object({ parameters }, { additionalProperties: false });
export type StartRunBody = Static<typeof StartRunBodySchema>;

/** Answer of `POST /v1/workflows/{name}/runs`: 202 with the id, or 200 with the outcome when the caller waited. */
export interface StartedRun {
  runId: string;
  status?: RunStatus;
  result?: unknown;
  problem?: Problem;
}

/** A workflow as it is read back. */
export interface WorkflowInfo {
  name: string;
  title?: string;
  /** The newest saved version. */
  version: number;
  /** Whether the newest version has not been published. */
  draft: boolean;
  publishedVersion: number | null;
}

export const PublishBodySchema = Type.Object(
  {
    /** Any saved version; an older one rolls back. Absent: the newest. */
    version: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);
export type PublishBody = Static<typeof PublishBodySchema>;

/** One saved version of a workflow. */
export interface WorkflowVersionInfo {
  version: number;
  /** Whether it is the one that is started. */
  published: boolean;
  createdAt: string;
  /** When it was published first; null: never. */
  publishedAt: string | null;
}

/** A workflow with the document of its newest version, as `GET /v1/workflows/{name}` answers. */
export interface WorkflowDetail extends WorkflowInfo {
  document: object;
}

/** One saved version with its document, as `GET /v1/workflows/{name}/versions/{version}` answers. */
export interface SavedWorkflow extends WorkflowVersionInfo {
  document: object;
}

/** Body of `POST /v1/workflows/{name}/check`, unless that is a document. */
export const CheckBodySchema = Type.Object(
  {
    /** Any saved version. Absent: the newest. */
    version: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);
export type CheckBody = Static<typeof CheckBodySchema>;

/** How the runs of a workflow would have gone with another version of it. */
export interface WorkflowCheck {
  /** How many histories were replayed: of the newest open runs, and of the newest ended ones. */
  checked: number;
  agree: number;
  differ: DifferingRun[];
  /** How many runs are open, checked or not. */
  openRuns: number;
}

/** A run that would have gone another way. */
export interface DifferingRun {
  runId: string;
  status: RunStatus;
  /** Of the workflow: the one that the run is executed with. */
  version: number;
  /** The first event that would not have happened so: its version in the run's history. */
  event: number;
  /** The step that it is about; null: the run as a whole. */
  step: string | null;
  /** What would have happened, in words. */
  expected: string;
  /** What happened, in words. */
  found: string;
}

export const SecretBodySchema = Type.Object(
  { value: Type.String({ minLength: 1, maxLength: 65_536 }) },
  { additionalProperties: false },
);
export type SecretBody = Static<typeof SecretBodySchema>;

/** A secret, as far as it may be known. */
export interface SecretInfo {
  name: string;
  createdAt: string;
  updatedAt: string;
}

/** An e-mail that was kept instead of sent, because there is no mail server. */
export interface MailboxEntry {
  messageId: string;
  runId: string;
  step: string;
  at: string;
  message: {
    from: string;
    to: string[];
    cc: string[];
    bcc: string[];
    replyTo?: string;
    subject: string;
    text?: string;
    html?: string;
    headers: Record<string, string>;
    attachments: { fileName: string; contentType: string; base64: string }[];
  };
}

/** A message that could not be handled, as `GET /v1/dead-letters` answers. */
export interface DeadLetterInfo {
  /** Its place among the dead letters, which grows with time. */
  id: string;
  /** Which consumer of which stream gave up. */
  stream: string;
  consumer: string;
  reason: Problem;
  deliveries: number;
  /** When it was put aside. */
  at: string;
  /** Absent when the message itself is gone. */
  subject?: string;
  payload?: unknown;
}

/** Answer of `POST /v1/dead-letters/redrive`. */
export interface Redriven {
  redriven: number;
  /** Letters that could not be sent again, the first hundred of them. */
  unchanged: { id: string; code: FailureCode; detail: string }[];
}

/** One run, as `GET /v1/runs/{id}` answers. */
export interface RunView extends Lateness {
  id: string;
  workflow: string;
  workflowVersion: number;
  status: RunStatus;
  parameters?: Record<string, unknown>;
  cause: Cause;
  parentRunId: string | null;
  chainId: string;
  iteration: number;
  depth: number;
  listId: string | null;
  dueAt: string | null;
  requestedAt: string;
  /** Who asked for it, or for the run that started it. */
  requestedBy?: Caller;
  /** As whom it acts: the id of a user, null for somebody who is not logged in. Absent: as the platform itself. */
  user?: string | null;
  /** It acts without heed to the privacy rules. Read by its id. */
  ignoresPrivacy?: boolean;
  startedAt: string | null;
  finishedAt: string | null;
  /** Which of its workflow's guards holds the run, or `list`: its list is paused. */
  heldBy?: string;
  /** What its last `progress` step said. */
  progress?: { done?: number; total?: number; message?: string };
  /** Why it does not move: of a run that has not ended and is not running, when it is read by its id. */
  waitingFor?: WaitingReason[];
  /** The run that this one replays, from `step` on; without one, from the beginning. */
  replayOf?: { runId: string; step?: string };
  result?: unknown;
  problem?: Problem;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Answer of `GET /healthz`. */
export interface Health {
  status: 'alive';
}

/** Answer of `GET /readyz`: what the service needs and does not reach. */
export interface Readiness {
  status: 'ready' | 'not ready';
  failed: string[];
}
