import type { AcceptedCall } from '@nightshift/contracts';
import type { Deployment, ParametersOf, ResultOf, WithParameters, WorkflowOf } from '../deployment.ts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';

export interface EndpointOptions extends Repeatable {
  /** POST unless told. */
  method?: string;
  /** The newest saved version, published or not. */
  draft?: boolean;
  /** What follows the name, part by part: `['orders', '17']` for an endpoint whose `path` is `/orders/{id}`. */
  path?: readonly string[];
  /** Not to wait for the answer at all, or for so many seconds at most. */
  prefer?: 'respond-async' | { wait: number };
}

type Waiting = EndpointOptions & { prefer?: undefined };
type WaitingAWhile = EndpointOptions & { prefer: { wait: number } };
type NotWaiting = EndpointOptions & { prefer: 'respond-async' };

interface AnyEndpoint {
  <Result>(name: string, parameters?: Record<string, unknown>, options?: Waiting): Promise<Result>;
  <Result>(
    name: string,
    parameters: Record<string, unknown> | undefined,
    options: WaitingAWhile,
  ): Promise<Result | AcceptedCall>;
  (name: string, parameters: Record<string, unknown> | undefined, options: NotWaiting): Promise<AcceptedCall>;
}

interface KnownEndpoint<D extends Deployment> {
  <W extends WorkflowOf<D>>(name: W, ...more: WithParameters<ParametersOf<D, W>, Waiting>): Promise<ResultOf<D, W>>;
  <W extends WorkflowOf<D>>(
    name: W,
    parameters: ParametersOf<D, W>,
    options: WaitingAWhile,
  ): Promise<ResultOf<D, W> | AcceptedCall>;
  <W extends WorkflowOf<D>>(name: W, parameters: ParametersOf<D, W>, options: NotWaiting): Promise<AcceptedCall>;
}

/** What is known of the deployment says what an endpoint takes and answers; otherwise the caller does. */
export type Endpoint<D extends Deployment> = string extends WorkflowOf<D> ? AnyEndpoint : KnownEndpoint<D>;

const preferOf = (prefer: EndpointOptions['prefer']): string | undefined =>
  typeof prefer === 'object' ? `wait=${Math.ceil(prefer.wait)}` : prefer;

/**
 * Calls an exposed workflow and answers with its `return`; with where to look for it (`AcceptedCall`) if it takes longer than the workflow says, or than
 * the caller prefers.
 * @throws NightshiftError `run.failed` with the run's problem
 */
export const makeEndpoint =
  (http: Http): AnyEndpoint =>
  <Answer>(
    name: string,
    parameters: Record<string, unknown> = {},
    { method = 'POST', draft, path: below = [], prefer, ...options }: EndpointOptions = {},
  ): Promise<Answer> => {
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const preferred = preferOf(prefer);
    return http.json<Answer>({
      ...options,
      method,
      path: pathOf(draft === true ? 'wf-draft' : 'wf', name, ...below),
      ...(preferred !== undefined && { headers: { prefer: preferred } }),
      // A GET starts a run too, and has no key.
      isOnce: method !== 'POST' && method !== 'PATCH',
      ...(hasBody ? { json: parameters } : { query: parameters as Record<string, QueryValue> }),
    });
  };
