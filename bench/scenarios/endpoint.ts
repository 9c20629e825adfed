import { loadEndpoint } from '../load/measure-endpoint.ts';
import type { ClosedLoopResult } from '../load/closed-loop.ts';
import type { Platform } from '../platform/platform.ts';

/** Three steps whose results cannot be computed again, as an endpoint that waits for its answer. */
const document = {
  workflow: 'endpoint-of-three',
  title: 'Three durable steps behind an endpoint',
  parameters: {
    type: 'object',
    properties: { id: { type: 'integer' }, name: { type: 'string' } },
    required: ['id', 'name'],
    additionalProperties: false,
  },
  expose: { auth: 'none', when: 'parameters.id > 0' },
  do: [{ first: { set: '=$random()' } }, { second: { set: '=$random()' } }, { third: { set: '=$random()' } }],
  return: { id: '=parameters.id', numbers: ['=first', '=second', '=third'] },
};

export interface EndpointScenarioFigures {
  /** Through `/wf/{name}`, one caller at a time. */
  endpoint: ClosedLoopResult;
  /** The same workflow through `POST /v1/workflows/{name}/runs?wait=10s`, right after it: what the endpoint itself costs is the difference. */
  api: ClosedLoopResult;
}

const rightAnswer = /"numbers":\[[\d.e-]+,[\d.e-]+,[\d.e-]+\]/;

/** What a single caller waits for an answer. */
export const measureEndpointAnswers = async (
  { api }: Platform,
  times: { seconds: number; warmupSeconds: number },
): Promise<EndpointScenarioFigures> => {
  await api.publish(document);
  const findFault = (body: string): string | undefined => (rightAnswer.test(body) ? undefined : 'not the right answer');
  const parameters = { id: 17, name: 'Ada' };
  const load = (path: string, body: object): Promise<ClosedLoopResult> =>
    loadEndpoint({
      url: `${api.url}${path}`,
      headers: api.headers,
      body: JSON.stringify(body),
      findFault,
      concurrency: 1,
      ...times,
    });
  const endpoint = await load(`/wf/${document.workflow}`, parameters);
  if (endpoint.count === 0) throw new Error(`no call succeeded: ${endpoint.firstError}`);
  return { endpoint, api: await load(`/v1/workflows/${document.workflow}/runs?wait=10s`, { parameters }) };
};
