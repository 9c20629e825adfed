import { measureEndpoint, type Endpoint, type EndpointFigures } from '../load/measure-endpoint.ts';
import type { Platform } from '../platform/platform.ts';
import { watchCpu, type CpuUse } from '../watch/cpu-use.ts';
import { proveThreeSteps, type Answer, type ThreeStepsProof } from './three-steps-proof.ts';

/** The work that every engine is measured with: three steps whose results cannot be computed again. */
const document = {
  workflow: 'three-steps',
  title: 'Three durable steps',
  do: [{ first: { set: '=$random()' } }, { second: { set: '=$random()' } }, { third: { set: '=$random()' } }],
  return: ['=first', '=second', '=third'],
};

export interface ThreeStepsFigures extends EndpointFigures {
  /** While 100 callers waited. */
  cpu: CpuUse;
  proof: ThreeStepsProof;
}

/** Runs with callers that wait for the three numbers, and the proof that each of the three was durable before the next began. */
export const measureThreeSteps = async (
  platform: Platform,
  times: { seconds: number; warmupSeconds: number },
): Promise<ThreeStepsFigures> => {
  const { endpoint, answers } = await publishThreeSteps(platform);
  let endWatch: (() => CpuUse) | undefined;
  let cpu: CpuUse | undefined;
  const figures = await measureEndpoint({
    ...endpoint,
    ...times,
    onWindow: (edge) => {
      if (edge === 'opens') endWatch = watchCpu(platform);
      else cpu = endWatch?.();
    },
  });
  if (figures.busy.count === 0) throw new Error(`no run succeeded: ${figures.busy.firstError}`);
  return { ...figures, cpu: cpu!, proof: await proveThreeSteps(platform.database, answers) };
};

/** Publishes the workflow. `answers` fills with some of what the callers of the endpoint are told. */
export const publishThreeSteps = async ({ api }: Platform): Promise<{ endpoint: Endpoint; answers: Answer[] }> => {
  await api.publish(document);
  const answers: Answer[] = [];
  let answered = 0;
  const findFault = (body: string): string | undefined => {
    if (!threeNumbers.test(body)) return 'not the result of three steps';
    answered += 1;
    if (answered % sampleEvery === 0) answers.push(JSON.parse(body) as Answer);
    return undefined;
  };
  const url = `${api.url}/v1/workflows/${document.workflow}/runs?wait=10s`;
  return { endpoint: { url, headers: api.headers, body: '{}', findFault }, answers };
};

/** Smaller makes the load generator parse more; larger leaves few runs to prove anything with. */
const sampleEvery = 97;

const threeNumbers = /"result":\[[\d.e-]+,[\d.e-]+,[\d.e-]+\]/;
