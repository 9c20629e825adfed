import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { EventLink } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { EVENTS } from '../tokens.ts';
import { answerEvents } from './answer-events.ts';
import { readEventFilter } from './event-filter.ts';
import type { EventHandlers } from './event-handlers.ts';
import { upgradeOf } from './sockets/socket-upgrade.ts';

@Controller('v1/events')
export class EventsController {
  readonly #events: EventHandlers;

  constructor(@Inject(EVENTS) events: EventHandlers) {
    this.#events = events;
  }

  @Get()
  async follow(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const seesPayloads = request.grant?.seesPayloads ?? false;
    const leave = this.#events.leaves.ofKey(request.headers.authorization);
    if (upgradeOf(request.raw)) return this.#events.sockets.open(reply, { seesPayloads, leave });
    const filter = readEventFilter(request.query, this.#events.readCondition);
    await answerEvents(this.#events.streams, { filter, seesPayloads }, leave, request, reply);
  }

  @Post('links')
  @HttpCode(201)
  link(@Req() request: HttpRequest): Promise<EventLink> {
    const { protocol, host, body, grant } = request;
    return this.#events.links.make(body, grant, this.#events.publicUrl ?? `${protocol}://${host}`);
  }
}
