/** What a route takes beside JSON. `file`: anything at all, JSON too, as it arrives. */
export type BodyKind = 'yaml' | 'ndjson' | 'file';

/** What a route says of itself with `@RouteConfig`. */
export interface RouteRules {
  bodies?: readonly BodyKind[];
  /** Bytes of a JSON body; absent: the common limit. NDJSON and files are streams and have none. */
  bodyLimit?: number;
}
