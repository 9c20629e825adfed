import { Controller, Delete, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { DetectedParameters } from '@nightshift/contracts';
import type { HttpRequest } from '../../door/http-request.ts';
import { readWorkflowName } from '../../door/read-names.ts';
import type { RouteRules } from '../../door/route-rules.ts';
import { ENDPOINTS } from '../../tokens.ts';
import type { EndpointHandlers } from '../endpoint-handlers.ts';
import { parseJson } from '../parse-json.ts';

const raw: RouteRules = { bodies: ['raw'] };

/** Samples of what an endpoint is going to be sent, and what its parameters look like by them. */
@Controller('wf-draft/:name/initialize')
export class DetectionController {
  readonly #detection: EndpointHandlers['detection'];

  constructor(@Inject(ENDPOINTS) { detection }: EndpointHandlers) {
    this.#detection = detection;
  }

  @Post()
  @HttpCode(200)
  @RouteConfig(raw)
  add(@Req() request: HttpRequest): Promise<DetectedParameters> {
    const { params, query, headers, body } = request;
    const sample = {
      name: readWorkflowName(params['name']!),
      query,
      headers,
      body: Buffer.isBuffer(body) ? body : undefined,
      parseJson: (text: string) => parseJson(request, text),
    };
    return this.#detection.add(sample, query['headers'] === 'true');
  }

  @Get()
  get(@Req() { params }: HttpRequest): Promise<DetectedParameters> {
    return this.#detection.get(readWorkflowName(params['name']!));
  }

  @Delete()
  @HttpCode(204)
  clear(@Req() { params }: HttpRequest): Promise<void> {
    return this.#detection.clear(readWorkflowName(params['name']!));
  }
}
