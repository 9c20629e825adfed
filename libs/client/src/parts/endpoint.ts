import { pathOf, type Http, type QueryValue, type Repeatable } from '../transport/http.ts';

export interface EndpointOptions extends Repeatable {
  /** POST unless told. */
  method?: string;
  /** The newest saved version, published or not. */
  draft?: boolean;
  signal?: AbortSignal;
}

/**
 * Calls an exposed workflow and answers with its `return`; with `{runId, statusUrl}` if it takes longer than the gateway waits.
 * @throws NightshiftError `run.failed` with the run's problem
 */
export const makeEndpoint =
  (http: Http) =>
  <Result>(
    name: string,
    parameters: Record<string, unknown> = {},
    { method = 'POST', draft, signal, idempotencyKey }: EndpointOptions = {},
  ): Promise<Result> => {
    const path = pathOf(draft === true ? 'wf-draft' : 'wf', name);
    const hasBody = method !== 'GET' && method !== 'HEAD';
    return http.json<Result>({
      method,
      path,
      signal,
      idempotencyKey,
      ...(hasBody ? { json: parameters } : { query: parameters as Record<string, QueryValue> }),
    });
  };
