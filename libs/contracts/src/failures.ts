import type { Problem, Violation } from './problem.ts';

interface FailureDeclaration {
  readonly status: number;
  /** Whether the same request can succeed later without being changed. */
  readonly retry: boolean;
  readonly title: string;
}

/**
 * Every failure of the platform, by code. The HTTP filter takes its status from here, consumers whether to try again,
 * and `docs/failures.md` is generated from it.
 */
export const failures = {
  'request.malformed': { status: 400, retry: false, title: 'The request body cannot be read' },
  'request.invalid': { status: 400, retry: false, title: 'The request does not fit its schema' },
  'request.too_large': { status: 413, retry: false, title: 'The request body is larger than allowed' },
  'request.unsupported_media_type': { status: 415, retry: false, title: 'The content type is not understood here' },
  'request.too_many': { status: 429, retry: true, title: 'So many requests are not let in' },
  'request.headers_too_large': { status: 431, retry: false, title: 'The headers are longer than allowed' },
  'request.too_slow': { status: 408, retry: true, title: 'The request took too long to arrive' },
  'request.unknown_route': { status: 404, retry: false, title: 'There is nothing at this path' },
  'request.method_not_allowed': { status: 405, retry: false, title: 'This path does not answer to that method' },
  'auth.missing_key': { status: 401, retry: false, title: 'An API key is needed' },
  'auth.wrong_key': { status: 401, retry: false, title: 'The API key is not known' },
  'auth.wrong_token': { status: 401, retry: false, title: 'The token is not accepted' },
  'auth.issuer_unavailable': { status: 503, retry: true, title: 'The issuer of the token does not answer' },
  'auth.forbidden': { status: 403, retry: false, title: 'This key may not do that' },
  'auth.payloads_hidden': { status: 403, retry: false, title: 'This key does not see payloads' },
  'auth.unknown_user': { status: 403, retry: false, title: 'There is no such user to act as' },
  'auth.not_for_users': { status: 403, retry: false, title: 'This can only be asked in the name of the platform' },
  'issuer.not_found': { status: 404, retry: false, title: 'There is no such issuer' },
  'issuer.taken': { status: 409, retry: false, title: 'This issuer has another name already' },
  'key.not_found': { status: 404, retry: false, title: 'There is no such key' },
  'key.name_taken': { status: 409, retry: false, title: 'Another key has this name' },
  'key.revoked': { status: 409, retry: false, title: 'The key has been revoked' },
  'key.shown_once': { status: 409, retry: false, title: 'The key was made before, and is shown only then' },
  'privacy.invalid': { status: 422, retry: false, title: 'The privacy rules are not valid' },
  'privacy.denied': { status: 403, retry: false, title: 'The privacy rules do not allow this' },
  'parameters.invalid': { status: 400, retry: false, title: 'The parameters do not fit the workflow' },
  'workflow.invalid': { status: 422, retry: false, title: 'The workflow document has mistakes' },
  'workflow.not_found': { status: 404, retry: false, title: 'There is no such workflow' },
  'workflow.not_published': { status: 409, retry: false, title: 'The workflow has not been published' },
  'endpoint.condition_not_met': { status: 400, retry: false, title: 'The condition of the endpoint is not met' },
  'endpoint.answer_refused': { status: 500, retry: false, title: 'The workflow gave an answer that may not be sent' },
  'workflow.not_exposed': { status: 404, retry: false, title: 'There is no such endpoint' },
  'change.incomplete': { status: 422, retry: false, title: 'The change does not hold what the condition looks at' },
  'run.not_found': { status: 404, retry: false, title: 'There is no such run' },
  'run.ended': { status: 409, retry: false, title: 'The run has already ended' },
  'run.failed': { status: 500, retry: false, title: 'The run failed' },
  'run.cancelled': { status: 409, retry: false, title: 'The run was cancelled' },
  'run.timeout': { status: 504, retry: false, title: 'The run took longer than its workflow allows' },
  'result.invalid': { status: 422, retry: false, title: 'What the workflow returned does not fit its `returns`' },
  'run.compensated': { status: 409, retry: false, title: 'What the run did has been undone' },
  'run.in_other_hands': { status: 409, retry: true, title: 'Another executor is at work on the run' },
  'run.not_failed': { status: 409, retry: false, title: 'Only a failed run can be retried' },
  'run.paused': { status: 409, retry: false, title: 'The run is paused already' },
  'run.not_paused': { status: 409, retry: false, title: 'Only a paused run can be resumed' },
  'step.timeout': { status: 504, retry: true, title: 'The step took longer than it may' },
  'step.not_found': { status: 404, retry: false, title: 'There is no such step' },
  'step.raised': { status: 422, retry: false, title: 'The workflow raised an error' },
  'loop.too_long': { status: 422, retry: false, title: 'The loop has more rounds than it may' },
  'lock.timeout': { status: 504, retry: true, title: 'The lock was not free in time' },
  'lock.lost': { status: 409, retry: true, title: 'The lock went to another run' },
  'email.failed': { status: 502, retry: true, title: 'The e-mail was not accepted' },
  'email.refused': { status: 422, retry: false, title: 'The e-mail was refused for good' },
  'email.not_found': { status: 404, retry: false, title: 'There is no such e-mail' },
  'secret.not_found': { status: 404, retry: false, title: 'There is no such secret' },
  'secret.unavailable': { status: 500, retry: false, title: 'Secrets cannot be kept or read here' },
  'event.invalid': { status: 400, retry: false, title: 'The event is not a CloudEvent' },
  'event.not_found': { status: 404, retry: false, title: 'There is no such event any more' },
  'event_source.not_found': { status: 404, retry: false, title: 'There is no such source of events' },
  'webhook.not_found': { status: 404, retry: false, title: 'There is no such webhook' },
  'webhook.delivery_not_found': { status: 404, retry: false, title: 'The webhook has no such delivery' },
  'signature.wrong': { status: 401, retry: false, title: 'The signature is not right' },
  'signature.expired': { status: 401, retry: false, title: 'The signature is too old' },
  'message.unanswered': { status: 500, retry: true, title: 'Whoever took the message did not come back' },
  'dead_letter.not_found': { status: 404, retry: false, title: 'There is no such dead letter' },
  'dead_letter.incomplete': { status: 409, retry: false, title: 'The message is gone, or was too large to be kept' },
  'workflow.in_use': { status: 409, retry: false, title: 'What is planned or under way needs the workflow as it was' },
  'schedule.not_found': { status: 404, retry: false, title: 'There is no such schedule' },
  'schedule.started': { status: 409, retry: false, title: 'The scheduled run has already started' },
  'idempotency.key_reused': { status: 422, retry: false, title: 'The idempotency key belongs to another request' },
  'idempotency.in_progress': { status: 409, retry: true, title: 'The first request with this key has no answer yet' },
  'list.not_found': { status: 404, retry: false, title: 'There is no such list' },
  'list.not_paused': { status: 409, retry: false, title: 'Only a paused list can be resumed' },
  'list.item_not_found': { status: 404, retry: false, title: 'The list has no such item' },
  'list.item_started': { status: 409, retry: false, title: 'The item has already started' },
  'list.ended': { status: 409, retry: false, title: 'The list has already ended' },
  'file.not_found': { status: 404, retry: false, title: 'There is no such file' },
  'file.invalid': { status: 400, retry: false, title: 'The upload is not a file' },
  'file.too_large': { status: 413, retry: false, title: 'The file is larger than allowed' },
  'file.incomplete': { status: 400, retry: true, title: 'The upload broke off' },
  'file.superseded': { status: 409, retry: true, title: 'The upload took too long, or another attempt took its place' },
  'file.in_use': { status: 409, retry: false, title: 'A thing refers to the file' },
  'file.range_not_satisfiable': { status: 416, retry: false, title: 'The file has no such part' },
  'file.unavailable': { status: 503, retry: true, title: 'The storage of files does not answer' },
  'file.no_storage': { status: 501, retry: false, title: 'There is no storage for files here' },
  'events.too_many': { status: 429, retry: false, title: 'There are as many subscriptions as there may be' },
  'link.invalid': { status: 404, retry: false, title: 'There is nothing at this link' },
  'link.expired': { status: 410, retry: false, title: 'The link has expired' },
  'recurrence.not_found': { status: 404, retry: false, title: 'There is no such recurrence' },
  'recurrence.invalid': { status: 400, retry: false, title: 'The recurrence is not valid' },
  'flow.invalid': { status: 422, retry: false, title: 'The flow is not valid' },
  'hold.not_found': { status: 404, retry: false, title: 'Nothing is held by that' },
  'type.not_found': { status: 404, retry: false, title: 'There is no such type' },
  'type.invalid': { status: 422, retry: false, title: 'The type is not valid' },
  'type.in_conflict': { status: 409, retry: false, title: 'The type cannot be changed that way' },
  'type.unconfirmed': { status: 409, retry: false, title: 'The change loses something and is not confirmed' },
  'thing.not_found': { status: 404, retry: false, title: 'There is no such thing' },
  'thing.invalid': { status: 400, retry: false, title: 'The thing does not fit its type' },
  'thing.in_conflict': { status: 409, retry: false, title: 'The change breaks a rule of the type' },
  'thing.changed': { status: 412, retry: false, title: 'The thing has been changed in the meantime' },
  'things.timeout': { status: 504, retry: false, title: 'A change of so many things took longer than it may' },
  'import.not_found': { status: 404, retry: false, title: 'There is no such import' },
  'import.broken': { status: 400, retry: true, title: 'The upload broke off' },
  'import.ended': { status: 409, retry: false, title: 'The import has already ended' },
  'import.unreadable': { status: 400, retry: false, title: 'The upload cannot be read any further' },
  'export.lost': { status: 409, retry: true, title: 'The export was given up' },
  'search.invalid': { status: 400, retry: false, title: 'The search is not valid' },
  'search.too_large': { status: 422, retry: false, title: 'A thing is larger than an answer can be' },
  'search.timeout': { status: 504, retry: false, title: 'The search took too long' },
  'transaction.lost': { status: 409, retry: true, title: 'The transaction was given up' },
  'search.too_many': { status: 422, retry: false, title: 'The search finds more than it may return' },
  'expression.failed': { status: 422, retry: false, title: 'An expression failed' },
  'http.refused': { status: 403, retry: false, title: 'The address may not be called' },
  'http.failed': { status: 502, retry: true, title: 'The call did not get an answer' },
  'http.status': { status: 502, retry: true, title: 'The call was answered with an error' },
  'http.timeout': { status: 504, retry: true, title: 'The call took too long' },
  'http.too_large': { status: 502, retry: false, title: 'The answer is larger than allowed' },
  'chain.not_found': { status: 404, retry: false, title: 'There is no such chain' },
  'chain.ended': { status: 409, retry: false, title: 'The chain has already ended' },
  'chain.too_deep': { status: 508, retry: false, title: 'Runs start each other too deeply' },
  'ledger.unavailable': { status: 503, retry: true, title: 'The database does not answer' },
  'messaging.unavailable': { status: 503, retry: true, title: 'The message server does not answer' },
  'data.unavailable': { status: 503, retry: true, title: 'The data service does not answer' },
  'platform.bug': { status: 500, retry: true, title: 'Something unexpected happened' },
} as const satisfies Record<string, FailureDeclaration>;

export type FailureCode = keyof typeof failures;

export interface FailureDetails {
  detail?: string;
  instance?: string;
  errors?: Violation[];
  cause?: unknown;
  /** Only where the failure carries another system's status, as `http.status` does. */
  status?: number;
}

/** The platform's one exception: a code from the table, and what a person needs to act on it. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, details: FailureDetails = {}) {
    super(details.detail ?? failures[code].title, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }

  /** Whether the same request can succeed later without being changed. */
  get canRetry(): boolean {
    return failures[this.code].retry;
  }

  /** The failure as problem details. Holds no cause and no stack. */
  toProblem(): Problem {
    const { status, title } = failures[this.code];
    const { detail, instance, errors } = this.details;
    return {
      type: `https://nightshift.dev/failures/${this.code}`,
      title,
      status: this.details.status ?? status,
      code: this.code,
      ...(detail !== undefined && { detail }),
      ...(instance !== undefined && { instance }),
      ...(errors !== undefined && { errors }),
    };
  }
}

/** The failure itself, or `platform.bug` around anything that was not expected. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('platform.bug', { cause: error });

/** A failure that came over the wire as a problem, as an exception again. Unknown codes become `platform.bug`. */
export const failureFromProblem = (problem: Problem): Failure =>
  problem.code in failures
    ? new Failure(problem.code as FailureCode, {
        detail: problem.detail,
        instance: problem.instance,
        errors: problem.errors,
        status: problem.status,
      })
    : new Failure('platform.bug', { detail: problem.detail ?? problem.title });
