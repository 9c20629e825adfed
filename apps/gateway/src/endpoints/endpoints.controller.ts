import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { ENDPOINTS } from '../tokens.ts';
import type { EndpointHandlers } from './endpoint-handlers.ts';
import { parseJson } from './parse-json.ts';
import { sendReply } from './send-reply.ts';

/** Signatures are of the bytes that came. */
const raw: RouteRules = { bodies: ['raw'] };

@Controller()
export class EndpointsController {
  readonly #endpoints: EndpointHandlers;

  constructor(@Inject(ENDPOINTS) endpoints: EndpointHandlers) {
    this.#endpoints = endpoints;
  }

  @All('wf/:name')
  @RouteConfig(raw)
  published(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, false);
  }

  @All('wf/:name/*')
  @RouteConfig(raw)
  below(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, false);
  }

  @All('wf-draft/:name')
  @RouteConfig(raw)
  draft(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, true);
  }

  @All('wf-draft/:name/*')
  @RouteConfig(raw)
  belowDraft(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, true);
  }

  @Get('v1/public/answers/:token')
  async later(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    sendReply(reply, await this.#endpoints.readAnswer(request.params['token']!, request.headers));
  }

  async #answer(request: HttpRequest, reply: FastifyReply, isDraft: boolean): Promise<void> {
    const { params, method, query, headers, body, grant, refused, asked } = request;
    const answer = await this.#endpoints.call({
      name: params['name']!,
      isDraft,
      method,
      segments: segmentsBelow(request.raw.url!),
      grant,
      refused,
      query,
      headers,
      body: Buffer.isBuffer(body) ? body : undefined,
      parseJson: (text) => parseJson(request, text),
      asked,
    });
    sendReply(reply, answer);
  }
}

/** What stands below `/wf/<name>`. The router has refused what cannot be decoded; it would take `%2F` for a part's end. */
const segmentsBelow = (url: string): string[] => {
  const end = url.indexOf('?');
  const segments = (end === -1 ? url : url.slice(0, end)).replace(/\/$/, '').split('/');
  return segments.length > 3 ? segments.slice(3).map(decodeURIComponent) : [];
};
