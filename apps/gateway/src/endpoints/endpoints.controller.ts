import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { sendProblem } from '../door/send-problem.ts';
import { ENDPOINTS } from '../tokens.ts';
import { endpointFailure, type EndpointCall, type makeCallEndpoint } from './call-endpoint.ts';

@Controller()
export class EndpointsController {
  readonly #call: ReturnType<typeof makeCallEndpoint>;

  constructor(@Inject(ENDPOINTS) call: ReturnType<typeof makeCallEndpoint>) {
    this.#call = call;
  }

  @All('wf/:name')
  published(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, false);
  }

  @All('wf-draft/:name')
  draft(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, true);
  }

  async #answer(request: HttpRequest, reply: FastifyReply, isDraft: boolean): Promise<void> {
    const { params, method, query, body, grant, refused, asked } = request;
    const name = params['name']!;
    const call: EndpointCall = { name, isDraft, method, grant, refused, query, body, asked };
    const answer = await this.#call(call);
    if ('allowed' in answer) {
      const allow = answer.allowed.join(', ');
      const detail = `The endpoint "${name}" answers to ${allow}, not to ${method}`;
      return sendProblem(reply, new Failure('request.method_not_allowed', { detail }), { headers: { allow } });
    }
    const { runId, outcome } = answer;
    void reply.header('nightshift-run-id', runId);
    if (outcome === undefined) {
      const statusUrl = `/v1/runs/${runId}`;
      return void reply.status(202).header('location', statusUrl).send({ runId, statusUrl });
    }
    if (outcome.status === 'succeeded') {
      return void reply
        .status(200)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(outcome.result ?? null));
    }
    sendProblem(reply, endpointFailure(outcome), {
      members: { runId, ...(outcome.problem && { cause: outcome.problem }) },
    });
  }
}
