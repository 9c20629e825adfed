import { failures, type FailureCode } from '@nightshift/contracts';
import { isExpressionText, type WorkflowDocument } from '@nightshift/workflow-core';
import { bodiless } from './endpoint-request.ts';
import type { EndpointResponse, ResponseStatus } from './endpoint-responses.ts';
import { componentRef } from './schema.ts';

type Expose = NonNullable<WorkflowDocument['expose']>;

const always: readonly FailureCode[] = [
  'parameters.invalid',
  'request.method_not_allowed',
  'request.too_many',
  'run.failed',
  'run.cancelled',
  'ledger.unavailable',
  'messaging.unavailable',
  'platform.bug',
];
const ofBodies: readonly FailureCode[] = ['request.malformed', 'request.invalid', 'request.too_large'];
const ofKeys: readonly FailureCode[] = ['idempotency.key_reused', 'idempotency.in_progress'];
const ofSignatures: readonly FailureCode[] = [
  'signature.wrong',
  'signature.expired',
  'event_source.not_found',
  'secret.unavailable',
];
const ofCallers: readonly FailureCode[] = [
  'auth.missing_key',
  'auth.wrong_key',
  'auth.wrong_token',
  'auth.forbidden',
  'auth.unknown_user',
  'auth.issuer_unavailable',
];

const problem = { 'application/problem+json': { schema: componentRef('Problem') } };

const codesOf = (method: string, expose: Expose, responds: boolean): FailureCode[] => {
  const { auth, signature, when, whenNotMet, answer, bodyAs } = expose;
  const isSigned = signature !== undefined;
  const evaluates = when !== undefined || answer !== undefined;
  return [
    ...always,
    ...(bodiless.has(method) ? [] : ofBodies),
    ...(bodiless.has(method) || isSigned || bodyAs !== undefined ? [] : (['request.unsupported_media_type'] as const)),
    ...((method === 'POST' || method === 'PATCH') && !isSigned ? ofKeys : []),
    ...(isSigned ? ofSignatures : []),
    ...(isSigned || auth === 'none' ? [] : ofCallers),
    ...(when !== undefined && whenNotMet !== 200 ? (['endpoint.condition_not_met'] as const) : []),
    ...(answer !== undefined || responds ? (['endpoint.answer_refused'] as const) : []),
    ...(evaluates ? (['expression.failed'] as const) : []),
  ];
};

/** What comes of a run that fails; undefined: the workflow sends the caller elsewhere. */
const statusOfRun = ({ answer }: Expose, code: FailureCode): ResponseStatus | undefined => {
  if (answer?.onError === undefined) return failures[code].status;
  const { status = failures['run.failed'].status, redirect } = answer.onError;
  if (redirect !== undefined && !isExpressionText(redirect)) return undefined;
  return typeof status === 'number' ? status : 'default';
};

/** What an endpoint is refused or fails with. */
export const endpointFailures = (method: string, expose: Expose, responds: boolean): EndpointResponse[] =>
  codesOf(method, expose, responds).flatMap((code) => {
    const status = code.startsWith('run.') ? statusOfRun(expose, code) : failures[code].status;
    return status === undefined
      ? []
      : [{ status, description: `\`${code}\`: ${failures[code].title}.`, content: problem }];
  });
