import { Failure, type Cause } from '@nightshift/contracts';
import type { SecretCipher } from '@nightshift/runtime';
import type { CompiledEndpoint } from '@nightshift/workflow-core';
import { environment } from '../door/environment.ts';
import type { makeStartRun } from '../runs/start-run.ts';
import type { Parameters, StartableWorkflow } from '../workflows/startable-workflow.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { makeAnswerCall, methodsAnswer, notMetAnswer, type AnswerCallDeps } from './answer-call.ts';
import { callerOf } from './caller-of.ts';
import type { EndpointCall, EndpointReply } from './endpoint-call.ts';
import { endpointOf } from './endpoint-of.ts';
import { makeSignedOnce, type SignedOnceDeps } from './signed-once.ts';
import { readBody } from './read-body.ts';
import { readParameters } from './read-parameters.ts';
import { readPrefer } from './read-prefer.ts';

export interface CallEndpointDeps extends AnswerCallDeps, SignedOnceDeps {
  published: PublishedWorkflows;
  startRun: ReturnType<typeof makeStartRun>;
  cipher: Pick<SecretCipher, 'open'>;
}

const notExposed = (name: string): Failure =>
  new Failure('workflow.not_exposed', { detail: `There is no endpoint "${name}"` });

/** From the outside, a workflow that does not exist, is a draft or is not exposed is the same. */
const hide =
  (name: string) =>
  (error: unknown): never => {
    throw error instanceof Failure && (error.code === 'workflow.not_found' || error.code === 'workflow.not_published')
      ? notExposed(name)
      : error;
  };

/**
 * Calls an exposed workflow, and answers as it says: with its end, with what it answers before, or with where to look for either. Whatever is
 * refused here leaves no run behind.
 * @throws Failure `workflow.not_exposed`, `request.method_not_allowed`, `auth.missing_key`, `auth.wrong_key`, `auth.forbidden`, `signature.wrong`,
 *   `signature.expired`, `request.malformed`, `parameters.invalid`, `endpoint.condition_not_met`, `endpoint.answer_refused`, `ledger.unavailable`
 */
export const makeCallEndpoint = (deps: CallEndpointDeps) => {
  const { published, startRun } = deps;
  const answerCall = makeAnswerCall(deps);
  const signedOnce = makeSignedOnce(deps);

  const start = async (
    workflow: StartableWorkflow,
    endpoint: CompiledEndpoint,
    call: EndpointCall,
    parameters: Parameters,
  ): Promise<EndpointReply> => {
    const { caller } = call.asked;
    const currentUser = typeof caller?.user === 'string' ? { id: caller.user } : null;
    const isMet = endpoint.isMet({ parameters, currentUser }, environment());
    if (!(isMet instanceof Promise ? await isMet : isMet)) {
      if (endpoint.whenNotMet === 200) return notMetAnswer;
      throw new Failure('endpoint.condition_not_met');
    }
    const prefers = readPrefer(call);
    const isAccepted = endpoint.isAccepted || prefers.isAsync;
    const cause: Cause = { kind: 'endpoint', method: call.method };
    const started = await startRun({
      workflow,
      parameters,
      cause,
      waitMs: isAccepted ? undefined : Math.min(endpoint.waitMs, prefers.waitMs),
      takesAnswer: endpoint.responds,
      asked: call.asked,
    });
    return answerCall(endpoint, call, parameters, started);
  };

  return async (given: EndpointCall): Promise<EndpointReply> => {
    const { name, isDraft, method } = given;
    const workflow = isDraft
      ? await published.loadNewest(name).catch(hide(name))
      : (published.get(name) ?? (await published.load(name).catch(hide(name))));
    const endpoint = endpointOf(workflow);
    const inPath = endpoint?.match(given.segments);
    if (endpoint === undefined || inPath === undefined) throw notExposed(name);
    if (method === 'OPTIONS') return methodsAnswer(endpoint);
    const call = { ...given, asked: { ...given.asked, caller: callerOf(endpoint, given) } };
    if (!endpoint.methods.includes(method)) return methodsAnswer(endpoint, name, method);
    if (endpoint.signedBy === undefined) {
      const body = await readBody(call, endpoint.bodyAs !== undefined);
      return start(workflow, endpoint, call, readParameters(endpoint, workflow, call, body, inPath));
    }
    return signedOnce(endpoint.signedBy, call, (signed, data) =>
      start(
        workflow,
        endpoint,
        signed,
        readParameters(endpoint, workflow, signed, { kind: 'json', value: data }, inPath),
      ),
    );
  };
};
