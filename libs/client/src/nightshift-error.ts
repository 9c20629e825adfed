import type { FailureCode, Problem, Violation } from '@nightshift/contracts';

/** What the client itself has to tell, in the place of a gateway. */
export type ClientFailureCode =
  /** Nobody answered, however often it was tried. */
  | 'client.unreachable'
  /** No answer came within the time that there was. */
  | 'client.timeout'
  /** What answered is no gateway. */
  | 'client.unreadable'
  /** An answer without a problem document, from something between here and the gateway. */
  | `http.${number}`;

/** Every code that there is; those of the platform are described in `docs/failures.md`. */
export type NightshiftErrorCode = FailureCode | ClientFailureCode;

export interface ErrorDetails {
  cause?: unknown;
  /** `x-request-id` of the answer. */
  requestId?: string | undefined;
  /** Whether the same request can succeed later without being changed. */
  canRetry?: boolean;
  /** How long the gateway wants not to be asked again. */
  retryAfterMs?: number | undefined;
}

const brand = Symbol.for('nightshift.error');

/**
 * The one thing that is thrown, but for an abort by the caller's own signal. `code` is stable; `violations` names every single thing that was
 * wrong with the input.
 */
export class NightshiftError extends Error {
  readonly code: NightshiftErrorCode | (string & {});
  /** Of the HTTP answer; 0 if there was none. */
  readonly status: number;
  readonly problem: Problem;
  readonly requestId: string | undefined;
  readonly canRetry: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, { cause, requestId, canRetry = false, retryAfterMs }: ErrorDetails = {}) {
    super(inWords(problem), cause === undefined ? {} : { cause });
    this.name = 'NightshiftError';
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
    this.requestId = requestId;
    this.canRetry = canRetry;
    this.retryAfterMs = retryAfterMs;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Every single thing that is wrong with the input, and where. */
  get violations(): readonly Violation[] {
    return this.problem.errors ?? [];
  }
}

/** No answer that counts: the network, a proxy, or a gateway that is being restarted. */
export class NightshiftUnavailable extends NightshiftError {
  constructor(
    code: 'client.unreachable' | 'client.timeout' | 'client.unreadable',
    title: string,
    detail: string,
    details: ErrorDetails = {},
  ) {
    super({ type: 'about:blank', title, status: 0, code, detail }, { canRetry: true, ...details });
    this.name = 'NightshiftUnavailable';
  }
}

/** A run whose result was waited for, and that has none. `code` is what it failed with, which may be a code of its workflow's own. */
export class RunFailed extends NightshiftError {
  readonly runId: string;
  readonly runStatus: 'failed' | 'cancelled';

  constructor(runId: string, runStatus: 'failed' | 'cancelled', problem: Problem) {
    super(problem);
    this.name = 'RunFailed';
    this.runId = runId;
    this.runStatus = runStatus;
  }
}

/**
 * Whether somebody threw it who is this client, also another copy of it; with codes, whether it is one of them:
 * `isNightshiftError(error, 'workflow.not_found')`.
 */
export const isNightshiftError = <Code extends NightshiftErrorCode | (string & {}) = NightshiftErrorCode>(
  error: unknown,
  ...codes: Code[]
): error is NightshiftError & { readonly code: Code } =>
  typeof error === 'object' &&
  error !== null &&
  brand in error &&
  (codes.length === 0 || (codes as string[]).includes((error as unknown as NightshiftError).code));

/** What to do next, where the code alone makes that clear. */
const advice: Readonly<Record<string, string>> = {
  'auth.missing_key': 'Give `key` to createClient.',
  'auth.wrong_key': 'Is it the key of this deployment, and is it still valid?',
  'client.unreachable': 'Is the gateway running, and is `url` the right one?',
  'client.unreadable': 'Is `url` that of a gateway, and not of a page before it?',
  'workflow.not_published': 'Publish it: client.workflows.publish(name).',
};

const VIOLATIONS_SHOWN = 3;

const inWords = ({ title, detail, code, errors = [] }: Problem): string => {
  const found = errors.slice(0, VIOLATIONS_SHOWN).map((each) => `${each.pointer} ${each.detail}`.trim());
  const more = errors.length > VIOLATIONS_SHOWN ? `, and ${errors.length - VIOLATIONS_SHOWN} more` : '';
  const what = detail ?? (found.length > 0 ? found.join('; ') + more : undefined);
  const said = what === undefined ? title : `${title}: ${what}`;
  const next = advice[code];
  return next === undefined ? said : `${said}${/[.?!]$/.test(said) ? '' : '.'} ${next}`;
};
