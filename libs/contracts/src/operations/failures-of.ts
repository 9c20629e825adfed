import type { FailureCode } from '../failures.ts';
import type { Operation } from './operation.ts';
import { pathPartsOf } from './path-parts.ts';

/** Everything can be answered so: something that it needs is away, or there is a mistake of ours. */
const always: readonly FailureCode[] = ['ledger.unavailable', 'messaging.unavailable', 'platform.bug'];

const toAuthenticate: readonly FailureCode[] = [
  'auth.missing_key',
  'auth.wrong_key',
  'auth.wrong_token',
  'auth.forbidden',
  'auth.payloads_hidden',
  'auth.not_for_users',
  'auth.unknown_user',
  'auth.issuer_unavailable',
];

const ofUsers: readonly FailureCode[] = ['auth.unknown_user', 'privacy.denied', 'data.unavailable'];

const ofBodies: readonly FailureCode[] = [
  'request.malformed',
  'request.invalid',
  'request.too_large',
  'request.unsupported_media_type',
];

const ofKeys: readonly FailureCode[] = ['request.invalid', 'idempotency.key_reused', 'idempotency.in_progress'];

/** What is limited in how often it is asked for: all but what orchestrators and browsers read. */
const isLimited = ({ path }: Operation): boolean => /^\/(v1|wf|wf-draft)\//.test(path);

/** Operations that are repeated under an `Idempotency-Key`: endpoints too, whoever they are for. */
export const isRepeatable = ({ method, access, path }: Operation): boolean =>
  (method === 'POST' || method === 'PATCH') && (access !== 'public' || path.startsWith('/wf'));

/** Every code that an operation can be refused with. */
export const failuresOf = (operation: Operation): FailureCode[] => {
  const { method, path, access, query, forUsers, failures = [] } = operation;
  const codes: FailureCode[] = [
    ...(access === 'public' ? [] : toAuthenticate),
    ...(forUsers ? ofUsers : []),
    ...(query === undefined ? [] : (['request.invalid'] as const)),
    ...(method === 'GET' || method === 'HEAD' ? [] : ofBodies),
    ...(isRepeatable(operation) ? ofKeys : []),
    ...pathPartsOf(path).flatMap(({ missing, malformed }) => [missing ?? [], malformed ?? []].flat()),
    ...failures,
    ...(isLimited(operation) ? (['request.too_many'] as const) : []),
    ...always,
  ];
  return [...new Set(codes)];
};
