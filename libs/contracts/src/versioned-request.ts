import { Type } from 'typebox';
import type { DataRequest } from './data-request.ts';
import type { Thing } from './type-definition.ts';

/**
 * A request about one thing (`get`, `create`, `change`, `delete`) whose answer is to have its version. `ifVersion`: it is changed or deleted
 * only in one of these.
 */
export const VersionedRequestSchema = Type.Object({
  request: Type.Unknown(),
  ifVersion: Type.Optional(Type.Array(Type.String())),
});
export interface VersionedRequest {
  request: DataRequest;
  ifVersion?: string[];
}
export interface VersionedAnswer {
  thing: Thing | null;
  /** Opaque; another one after every change. Null: there is none to be had. */
  version: string | null;
  /** Nothing was done: it is in none of the versions that were asked for, but as `thing` says. */
  isChanged?: true;
}
