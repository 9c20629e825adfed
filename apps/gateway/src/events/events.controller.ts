import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { EVENTS } from '../tokens.ts';
import { readEventFilter } from './event-filter.ts';
import type { EventHandlers } from './event-handlers.ts';

/** Where a client goes on after a connection broke. */
export const lastEventIdOf = ({ headers }: HttpRequest): string | undefined => {
  const lastEventId = headers['last-event-id'];
  return typeof lastEventId === 'string' ? lastEventId : undefined;
};

@Controller('v1/events')
export class EventsController {
  readonly #events: EventHandlers;

  constructor(@Inject(EVENTS) events: EventHandlers) {
    this.#events = events;
  }

  @Get()
  async follow(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const filter = readEventFilter(request.query, this.#events.readCondition);
    const seesPayloads = request.grant?.seesPayloads ?? false;
    const followed = { filter, seesPayloads, after: lastEventIdOf(request) };
    const isOpen = await this.#events.streams.open(followed, reply.raw);
    // A browser's EventSource connects again after every end, unless it is told that there is nothing more.
    if (!isOpen) return void reply.status(204).send();
    reply.hijack();
  }
}
