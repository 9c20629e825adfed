import { Failure } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { toldByLedger } from '../runs/outcome-of.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { makeAnswerCall, type AnswerCallDeps, type AnswerScope } from './answer-call.ts';
import type { EndpointReply } from './endpoint-call.ts';
import { endpointOf } from './endpoint-of.ts';

export interface ReadAnswerDeps extends AnswerCallDeps {
  ledger: Pick<Ledger, 'runs'>;
  published: Pick<PublishedWorkflows, 'get' | 'loadVersion'>;
}

/**
 * What an endpoint would have answered to whoever holds a link, by the version that ran; 202 until there is an answer.
 * @throws Failure `link.invalid`, `link.expired`, `endpoint.answer_refused`
 */
export const makeReadAnswer = (deps: ReadAnswerDeps) => {
  const { ledger, published, answerLinks } = deps;
  const answerCall = makeAnswerCall(deps);
  return async (token: string, headers: AnswerScope['headers']): Promise<EndpointReply> => {
    const runId = answerLinks.open(token);
    const run = await ledger.runs.find(runId);
    if (run === undefined) throw new Failure('link.invalid');
    const known = published.get(run.workflow);
    const workflow =
      known?.version === run.workflowVersion ? known : await published.loadVersion(run.workflow, run.workflowVersion);
    const endpoint = endpointOf(workflow);
    if (endpoint === undefined) throw new Failure('link.invalid');
    const told = await toldByLedger(ledger, runId, endpoint.responds);
    const caller = run.requestedBy;
    const reply = await answerCall(
      endpoint,
      { headers, asked: { caller } as AnswerScope['asked'] },
      run.parameters ?? {},
      {
        runId,
        ...(told && ('answer' in told ? { answer: told.answer } : { outcome: told })),
      },
    );
    return told === undefined ? { ...reply, headers: { ...reply.headers, 'retry-after': '1' } } : reply;
  };
};
