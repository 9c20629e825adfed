/** What a route takes beside JSON. */
export type BodyKind = 'yaml' | 'ndjson' | 'csv';

/** What a route says of itself with `@RouteConfig`. */
export interface RouteRules {
  bodies?: readonly BodyKind[];
  /** Bytes of a JSON body; absent: the common limit. NDJSON and CSV are streams and have none. */
  bodyLimit?: number;
}
