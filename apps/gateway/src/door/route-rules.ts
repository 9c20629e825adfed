/** What a route takes beside JSON. `raw`: everything, JSON too, as the bytes that came. `file`: the same, as it arrives. */
export type BodyKind = 'yaml' | 'ndjson' | 'csv' | 'raw' | 'file';

/** What a route says of itself with `@RouteConfig`. */
export interface RouteRules {
  bodies?: readonly BodyKind[];
  /** Bytes of a JSON body; absent: the common limit. NDJSON, CSV and files are streams and have none. */
  bodyLimit?: number;
  /** Whether requests to it carry their own proof in place of a key. Each is judged by that alone, and knows no idempotency keys. */
  isPublic?: boolean;
  /** False: its answers hold what is kept nowhere, so a repeat under an idempotency key is handled anew. */
  isAnswerKept?: false;
}
