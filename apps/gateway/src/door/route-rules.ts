/** What a route takes beside JSON. */
export type BodyKind = 'yaml' | 'ndjson';

/** What a route says of itself with `@RouteConfig`. */
export interface RouteRules {
  bodies?: readonly BodyKind[];
  /** Bytes of a JSON body; absent: the common limit. NDJSON is a stream and has none. */
  bodyLimit?: number;
}
