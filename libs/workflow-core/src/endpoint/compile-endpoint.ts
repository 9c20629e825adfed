import { durationMs, type Duration, type EndpointAnswer, type Json } from '@nightshift/contracts';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { compileCondition, compileRightTemplate } from '../expressions/compile-right.ts';
import { isMet } from '../expressions/is-met.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { answerOf, hostOf } from '../steps/answer-input.ts';
import type { Refused } from '../steps/refusal.ts';
import { matchPath, readPath } from './endpoint-path.ts';

/** The answer of an end, with what the end itself puts into it left open; or why there is none. */
type Answering = (scope: Scope, env: EvaluationEnv) => Promise<EndpointAnswer | Refused> | EndpointAnswer | Refused;

/** An exposed workflow's way in and out, compiled once. */
export interface CompiledEndpoint {
  readonly auth: 'none' | 'user' | 'admin';
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly bodyAs: string | undefined;
  /** The event source whose signature is asked for. */
  readonly signedBy: string | undefined;
  readonly isAccepted: boolean;
  readonly waitMs: number;
  readonly whenNotMet: number;
  /** A step of it may answer before the end. */
  readonly responds: boolean;
  /** The parameters in what follows the endpoint's name; undefined: it is not there. @param segments decoded */
  match(segments: readonly string[]): Record<string, string> | undefined;
  /** Whether a run is to start. @throws Failure `expression.failed` */
  isMet(scope: Scope, env: EvaluationEnv): boolean | Promise<boolean>;
  /** Of a run that has succeeded: its result is the body unless it redirects. @throws Failure `expression.failed` */
  readonly onSuccess: Answering;
  /** Of one that has not. Undefined: its problem is the answer. @throws Failure `expression.failed` */
  readonly onError: Answering | undefined;
  /** Whether the workflow may send callers there. */
  mayRedirectTo(target: string): boolean;
}

const DEFAULT_WAIT_MS = 30_000;

/** The endpoint of a document that was found right; undefined if it is not exposed. */
export const compileEndpoint = ({ expose, do: steps }: WorkflowDocument): CompiledEndpoint | undefined => {
  if (expose === undefined) return undefined;
  const { auth = 'admin', methods = ['POST'], headers = [], signature, timeout, answer = {} } = expose;
  const { hosts = [], onError, ...onSuccess } = answer;
  const path = expose.path === undefined ? [] : readPath(expose.path);
  if ('problem' in path) throw new Error(path.problem);
  const condition = expose.when === undefined ? undefined : compileCondition(expose.when, '/expose/when');
  return {
    auth: signature === undefined ? auth : 'none',
    methods,
    headers,
    bodyAs: expose.bodyAs,
    signedBy: signature?.source,
    isAccepted: expose.mode === 'accepted',
    waitMs: timeout === undefined ? DEFAULT_WAIT_MS : durationMs(timeout as Duration),
    whenNotMet: expose.whenNotMet ?? 400,
    responds: hasRespond(steps),
    match: (segments) => matchPath(path, segments),
    isMet: (scope, env) => {
      if (condition === undefined) return true;
      const value = condition.evaluate(scope, env);
      return value instanceof Promise ? value.then(isMet) : isMet(value);
    },
    onSuccess: compileAnswer(onSuccess, '/expose/answer'),
    // A failed run is no success, whatever the workflow says of its answer.
    onError:
      onError &&
      compileAnswer({ ...(onError.redirect === undefined && { status: 500 }), ...onError }, '/expose/answer/onError'),
    mayRedirectTo: (target) => {
      const host = hostOf(target);
      return host === undefined || hosts.includes(host);
    },
  };
};

const compileAnswer = (parts: object, pointer: string): Answering => {
  const template = compileRightTemplate(parts as Json, pointer);
  return (scope, env) => {
    const input = template.evaluate(scope, env);
    return input instanceof Promise ? input.then(answerOf) : answerOf(input);
  };
};

/** Whether a step of a document may answer the caller. @param part its steps */
export const hasRespond = (part: unknown): boolean =>
  typeof part === 'object' &&
  part !== null &&
  Object.entries(part).some(([key, value]) => key === 'respond' || hasRespond(value));
