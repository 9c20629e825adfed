import { Failure, type Caller, type Cause, type RunOutcome } from '@nightshift/contracts';
import type { Asked } from '../door/asked.ts';
import { mayStart, notAllowed } from '../door/assert-may.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { Grant } from '../door/grant.ts';
import type { makeStartRun, Started } from '../runs/start-run.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters, type Parameters, type StartableWorkflow } from '../workflows/startable-workflow.ts';

export interface CallEndpointDeps {
  published: PublishedWorkflows;
  startRun: ReturnType<typeof makeStartRun>;
}

export interface EndpointCall {
  name: string;
  isDraft: boolean;
  method: string;
  grant: Grant | undefined;
  /** Why his credentials are not right, if he has shown some. */
  refused: Failure | undefined;
  query: Record<string, string | string[] | undefined>;
  body: unknown;
  asked: Asked;
}

/** Told apart from what Failure knows: the answer names the methods. */
export interface WrongMethod {
  allowed: string[];
}

/** How long a caller of an endpoint is kept waiting before he is told where to look instead. */
const ENDPOINT_WAIT_MS = 30_000;

const notExposed = (name: string): Failure =>
  new Failure('workflow.not_exposed', { detail: `There is no endpoint "${name}"` });

const methodsWithBody = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** From the outside, a workflow that does not exist, is a draft or is not exposed is the same. */
const hide =
  (name: string) =>
  (error: unknown): never => {
    throw error instanceof Failure && (error.code === 'workflow.not_found' || error.code === 'workflow.not_published')
      ? notExposed(name)
      : error;
  };

const readParameters = (workflow: StartableWorkflow, { method, query, body }: EndpointCall): Parameters => {
  const fromQuery = coerceQuery(query, workflow.document.parameters);
  if (body === undefined || body === null || !methodsWithBody.has(method))
    return checkParameters(workflow, fromQuery, '');
  if (typeof body !== 'object' || Array.isArray(body)) return checkParameters(workflow, body, '');
  return checkParameters(workflow, { ...fromQuery, ...body }, '');
};

/**
 * Calls an exposed workflow and waits for its end.
 * @throws Failure `workflow.not_exposed`, `auth.missing_key`, `auth.wrong_key`, `parameters.invalid`, `ledger.unavailable`
 */
export const makeCallEndpoint =
  ({ published, startRun }: CallEndpointDeps) =>
  async (call: EndpointCall): Promise<Started | WrongMethod> => {
    const { name, isDraft, method } = call;
    const workflow = isDraft
      ? await published.loadNewest(name).catch(hide(name))
      : (published.get(name) ?? (await published.load(name).catch(hide(name))));
    const { expose } = workflow.document;
    if (expose === undefined) throw notExposed(name);
    const caller = callerOf(expose.auth, call);
    const allowed = expose.methods ?? ['POST'];
    if (!(allowed as string[]).includes(method)) return { allowed };
    const cause: Cause = { kind: 'endpoint', method };
    return startRun({
      workflow,
      parameters: readParameters(workflow, call),
      cause,
      waitMs: ENDPOINT_WAIT_MS,
      asked: { ...call.asked, caller },
    });
  };

/**
 * Who calls. What is for anybody is called by nobody in particular, unless a user is named.
 * @throws Failure `auth.missing_key`, `auth.wrong_key`, `auth.forbidden` for a user where only admins may call, or where he must be logged in
 */
const callerOf = (
  auth: 'none' | 'user' | 'admin' | undefined,
  { name, asked: { caller }, grant, refused }: EndpointCall,
): Caller | undefined => {
  const user = caller?.user;
  if (user === undefined) {
    if (auth === 'none') return undefined;
    if (grant !== undefined && !mayStart(grant, name)) throw notAllowed(grant, 'operator', name);
    if (caller !== undefined) return caller;
    throw refused ?? new Failure('auth.missing_key', { detail: 'Send the key as Authorization: Bearer <key>' });
  }
  const isLetIn = auth === 'none' || (auth === 'user' && user !== null);
  if (!isLetIn) throw new Failure('auth.forbidden', { detail: 'The endpoint is not for this user.' });
  return caller;
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
