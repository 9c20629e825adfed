import type { Caller } from './caller.ts';

/** One change that was asked for at the door, or a request that was refused there. */
export interface AuditEntryView {
  id: string;
  at: string;
  /** As in the list of operations: `workflows.publish`. */
  operation: string;
  /** Null: whoever asked could not prove who he is. */
  caller: Caller | null;
  /** Parameters of the path: `{"name": "welcome-email"}`. */
  subject: Record<string, string>;
  /** Where the request came from. */
  address: string;
  /** As in the answer's `x-request-id`, and in logs. */
  requestId: string;
  /** HTTP status of the answer; null: not known, for the answer has not been given yet, or the gateway died before it. */
  status: number | null;
  /** When the status was known. */
  endedAt: string | null;
  /** What became of it in short, such as the `version` that was made. */
  details?: Record<string, string | number | boolean>;
}
