import { any, type Operation } from './operation.ts';

/** What comes back is the workflow's affair; each that is exposed is described by itself as well. */
const call = {
  bodies: ['application/json'],
  answers: { 200: 'application/json', 202: 'AcceptedCall' },
  failures: [
    'auth.missing_key',
    'auth.wrong_key',
    'auth.wrong_token',
    'auth.unknown_user',
    'auth.issuer_unavailable',
    'auth.forbidden',
    'request.method_not_allowed',
    'parameters.invalid',
    'run.failed',
    'run.cancelled',
  ],
  forUsers: true,
  isAudited: false,
} as const satisfies Partial<Operation>;

export const endpointOperations = {
  'endpoints.call': any('/wf/{name}', 'public', 'Calls an exposed workflow; who may is said by the workflow.', call),
  'endpoints.callDraft': any(
    '/wf-draft/{name}',
    'public',
    'Calls the newest saved version of an exposed workflow.',
    call,
  ),
};
