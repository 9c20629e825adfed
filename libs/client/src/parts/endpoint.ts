import type { Deployment, ParametersOf, ResultOf, WithParameters, WorkflowOf } from '../deployment.ts';
import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';

export interface EndpointOptions extends Repeatable {
  /** POST unless told. */
  method?: string;
  /** The newest saved version, published or not. */
  draft?: boolean;
}

/** What is known of the deployment says what an endpoint takes and answers; otherwise the caller does. */
export type Endpoint<D extends Deployment> =
  string extends WorkflowOf<D>
    ? ReturnType<typeof makeEndpoint>
    : <W extends WorkflowOf<D>>(
        name: W,
        ...more: WithParameters<ParametersOf<D, W>, EndpointOptions>
      ) => Promise<ResultOf<D, W>>;

/**
 * Calls an exposed workflow and answers with its `return`; with `{runId, statusUrl}` if it takes longer than the gateway waits.
 * @throws NightshiftError `run.failed` with the run's problem
 */
export const makeEndpoint =
  (http: Http) =>
  <Result>(
    name: string,
    parameters: Record<string, unknown> = {},
    { method = 'POST', draft, ...options }: EndpointOptions = {},
  ): Promise<Result> => {
    const path = pathOf(draft === true ? 'wf-draft' : 'wf', name);
    const hasBody = method !== 'GET' && method !== 'HEAD';
    return http.json<Result>({
      ...options,
      method,
      path,
      // A GET starts a run too, and has no key.
      isOnce: method !== 'POST' && method !== 'PATCH',
      ...(hasBody ? { json: parameters } : { query: parameters as Record<string, QueryValue> }),
    });
  };
