import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Challenge, EventSource, Page, ReceivedEvent } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readEventSourceName } from '../door/read-names.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { EVENT_SOURCES } from '../tokens.ts';
import type { EventSourceHandlers } from './event-source-handlers.ts';

const signed: RouteRules = { bodies: ['raw'], isPublic: true };

@Controller('v1/event-sources')
export class EventSourcesController {
  readonly #sources: EventSourceHandlers;

  constructor(@Inject(EVENT_SOURCES) sources: EventSourceHandlers) {
    this.#sources = sources;
  }

  @Put(':name')
  put(@Req() { params, body }: HttpRequest): Promise<EventSource> {
    return this.#sources.put(readEventSourceName(params['name']!), body);
  }

  @Get()
  list(): Promise<Page<EventSource>> {
    return this.#sources.list();
  }

  @Get(':name')
  get(@Req() { params }: HttpRequest): Promise<EventSource> {
    return this.#sources.get(params['name']!);
  }

  @Delete(':name')
  @HttpCode(204)
  remove(@Req() { params }: HttpRequest): Promise<void> {
    return this.#sources.remove(params['name']!);
  }

  /** Carries its own proof: the signature. */
  @Post(':name/events')
  @RouteConfig(signed)
  async receive(
    @Req() { params, headers, body }: HttpRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReceivedEvent | Challenge> {
    const request = { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) };
    const answer = await this.#sources.receive(params['name']!, request);
    void reply.status('challenge' in answer ? 200 : 202);
    return answer;
  }
}
