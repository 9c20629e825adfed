import { Failure, type EndpointAnswer, type RunOutcome } from '@nightshift/contracts';
import { isJsonType, type CompiledEndpoint } from '@nightshift/workflow-core';
import { environment } from '../door/environment.ts';
import type { Started } from '../runs/start-run.ts';
import type { AnswerLinks } from './answer-links.ts';
import { headerOf, type EndpointCall, type EndpointReply } from './endpoint-call.ts';

export interface AnswerCallDeps {
  answerLinks: AnswerLinks;
}

/** What an answer is made of beside the end itself. */
export type AnswerScope = Pick<EndpointCall, 'headers' | 'asked'>;

const JSON_TYPE = 'application/json; charset=utf-8';

/** A page that a workflow gives must not act as the gateway's own, whose keys it would find. */
const PAGE_POLICY = 'sandbox allow-scripts allow-forms allow-popups';

export const notMetAnswer: EndpointReply = {
  status: 200,
  headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
  body: JSON.stringify({ conditionMet: false }),
};

/** Which methods an endpoint answers to: asked with OPTIONS, or for who used another one. */
export const methodsAnswer = ({ methods }: CompiledEndpoint, name?: string, method?: string): EndpointReply => {
  const allow = methods.join(', ');
  if (method === undefined) return { status: 204, headers: { allow: `${allow}, OPTIONS` }, body: undefined };
  const detail = `The endpoint "${name}" answers to ${allow}, not to ${method}`;
  return problemReply(new Failure('request.method_not_allowed', { detail }), {}, { allow });
};

/** An end that is no success, as the failure that its caller gets. */
export const endpointFailure = ({ status, problem }: RunOutcome): Failure =>
  status === 'cancelled'
    ? new Failure('run.cancelled')
    : new Failure('run.failed', {
        ...(problem && {
          detail: problem.detail === undefined ? problem.title : `${problem.title}: ${problem.detail}`,
        }),
        ...(problem?.instance !== undefined && { instance: problem.instance }),
      });

/**
 * The answer to a call whose run has ended, has answered, or goes on.
 * @throws Failure `endpoint.answer_refused`, `expression.failed`: the run is done all the same
 */
export const makeAnswerCall =
  ({ answerLinks }: AnswerCallDeps) =>
  async (
    endpoint: CompiledEndpoint,
    call: AnswerScope,
    parameters: Readonly<Record<string, unknown>>,
    { runId, outcome, answer }: Started,
  ): Promise<EndpointReply> => {
    const own = { 'nightshift-run-id': runId };
    if (answer !== undefined) return replyOf(endpoint, call, answer, own);
    if (outcome === undefined) {
      const accepted = answerLinks.make(runId, call.asked.caller);
      const headers = { ...own, 'content-type': JSON_TYPE, 'cache-control': 'no-store', location: accepted.statusUrl };
      return { status: 202, headers, body: JSON.stringify(accepted) };
    }
    const user = call.asked.caller?.user;
    const scope = { parameters, run: { id: runId }, currentUser: typeof user === 'string' ? { id: user } : null };
    if (outcome.status === 'succeeded') {
      const made = endpoint.onSuccess({ ...scope, result: outcome.result }, environment());
      const right = rightAnswer(made instanceof Promise ? await made : made);
      return replyOf(endpoint, call, { ...right, body: outcome.result ?? null }, own);
    }
    return failureReply(endpoint, call, outcome, scope, own);
  };

const failureReply = async (
  endpoint: CompiledEndpoint,
  call: AnswerScope,
  outcome: RunOutcome,
  scope: object,
  own: Record<string, string>,
): Promise<EndpointReply> => {
  const failure = endpointFailure(outcome);
  const error = outcome.problem ?? failure.toProblem();
  const members = { runId: outcome.runId, ...(outcome.problem && { cause: outcome.problem }) };
  if (endpoint.onError === undefined) return problemReply(failure, members, own);
  const { status, redirect } = rightAnswer(await endpoint.onError({ ...scope, error }, environment()));
  if (redirect === undefined) return problemReply(failure, { ...members, status }, own, status);
  const target = withQuery(redirect, { statusCode: String(error.status), message: error.detail ?? error.title });
  return replyOf(endpoint, call, { status, redirect: target }, own);
};

/** Adds to the query of a redirect, whatever it holds already. */
const withQuery = (target: string, values: Record<string, string>): string => {
  const [path, fragment] = target.split('#', 2);
  const query = new URLSearchParams(values).toString();
  return `${path}${path!.includes('?') ? '&' : '?'}${query}${fragment === undefined ? '' : `#${fragment}`}`;
};

const rightAnswer = (made: Awaited<ReturnType<CompiledEndpoint['onSuccess']>>): EndpointAnswer => {
  if ('problem' in made)
    throw new Failure('endpoint.answer_refused', { detail: made.problem.detail ?? made.problem.title });
  return made;
};

const replyOf = (
  endpoint: CompiledEndpoint,
  call: AnswerScope,
  { status, type = JSON_TYPE, body, redirect, headers: set }: EndpointAnswer,
  own: Record<string, string>,
): EndpointReply => {
  const headers: Record<string, string> = { 'cache-control': 'no-store', ...set, ...own };
  if (redirect !== undefined) {
    if (!endpoint.mayRedirectTo(redirect))
      throw new Failure('endpoint.answer_refused', {
        detail: `The workflow redirects to a host that its expose.answer.hosts does not name`,
      });
    headers['location'] = redirect;
    return { status, headers, body: undefined };
  }
  headers['x-content-type-options'] = 'nosniff';
  if (body === undefined || status === 204 || status === 205 || status === 304)
    return { status, headers, body: undefined };
  if (!isJsonType(type)) {
    if (!type.startsWith('text/plain')) headers['content-security-policy'] = PAGE_POLICY;
    const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body);
    return { status, headers: { ...headers, 'content-type': type }, body: text };
  }
  if (Array.isArray(body) && headerOf(call, 'accept').includes('application/x-ndjson'))
    return {
      status,
      headers: { ...headers, 'content-type': 'application/x-ndjson; charset=utf-8', vary: 'accept' },
      body: { lines: body },
    };
  return { status, headers: { ...headers, 'content-type': type }, body: JSON.stringify(body) };
};

const problemReply = (
  failure: Failure,
  members: object,
  headers: Record<string, string>,
  status = failure.toProblem().status,
): EndpointReply => ({
  status,
  headers: { ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({ ...failure.toProblem(), ...members }),
});
