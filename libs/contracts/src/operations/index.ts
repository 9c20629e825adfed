/** What can be asked for at the door, and by whom. */

export type { AuditEntryView } from '../audit.ts';
export {
  ChangeKeyBodySchema,
  CreateKeyBodySchema,
  KeyNameSchema,
  KeysQuerySchema,
  RateLimitSchema,
  RotateKeyBodySchema,
  type ChangeKeyBody,
  type CreateKeyBody,
  type KeyView,
  type NewKey,
  type RateLimit,
  type RotateKeyBody,
} from '../keys.ts';
export {
  IssuerBodySchema,
  IssuerNameSchema,
  tokenAlgorithms,
  type Issuer,
  type IssuerBody,
  type TokenAlgorithm,
} from '../issuers.ts';
export { AuditQuerySchema } from './audit.ts';
export { failuresOf, isRepeatable } from './failures-of.ts';
export { hasRole, roles, type Role } from '../roles.ts';
export { httpMethods, type HttpMethod, type Operation, type RequestHeader } from './operation.ts';
export { operations, type OperationId } from './operations.ts';
export { operationsWithPayloadRule, payloadRuleOf, type PayloadRule } from './payloads.ts';
export { pathPartsOf, type PathPart } from './path-parts.ts';
