import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { EVENTS } from '../tokens.ts';
import { readEventFilter } from './event-filter.ts';
import type { EventStreams } from './event-streams.ts';

@Controller('v1/events')
export class EventsController {
  readonly #streams: EventStreams;

  constructor(@Inject(EVENTS) streams: EventStreams) {
    this.#streams = streams;
  }

  @Get()
  async follow(@Req() { query, headers }: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const filter = readEventFilter(query);
    const lastEventId = headers['last-event-id'];
    const isOpen = await this.#streams.open(
      filter,
      typeof lastEventId === 'string' ? lastEventId : undefined,
      reply.raw,
    );
    // A browser's EventSource connects again after every end, unless it is told that there is nothing more.
    if (!isOpen) return void reply.status(204).send();
    reply.hijack();
  }
}
