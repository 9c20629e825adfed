import { any, type Operation } from './operation.ts';

/** What comes back is the workflow's affair; each that is exposed is described by itself as well. */
export const endpointCall = {
  bodies: ['application/json', 'application/x-www-form-urlencoded'],
  headers: ['prefer'],
  answers: { 200: 'application/json | application/x-ndjson | */*', 202: 'AcceptedCall', 204: '', 302: '' },
  failures: [
    'auth.missing_key',
    'auth.wrong_key',
    'auth.wrong_token',
    'auth.unknown_user',
    'auth.issuer_unavailable',
    'auth.forbidden',
    'request.method_not_allowed',
    'parameters.invalid',
    'endpoint.condition_not_met',
    'endpoint.answer_refused',
    'signature.wrong',
    'signature.expired',
    'event_source.not_found',
    'secret.unavailable',
    'run.failed',
    'run.cancelled',
  ],
  forUsers: true,
  isAudited: false,
} as const satisfies Partial<Operation>;

export const endpointOperations = {
  'endpoints.call': any(
    '/wf/{name}',
    'public',
    'Calls an exposed workflow; who may is said by the workflow.',
    endpointCall,
  ),
  'endpoints.callDraft': any(
    '/wf-draft/{name}',
    'public',
    'Calls the newest saved version of an exposed workflow.',
    endpointCall,
  ),
};
