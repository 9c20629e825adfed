import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Page, ReceivedEventInfo, ReceivedEventView, ReplayedEvent, ReplayedEvents } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { RECEIVED_EVENTS } from '../tokens.ts';
import type { ReceivedEventHandlers } from './received-event-handlers.ts';

@Controller('v1/received-events')
export class ReceivedEventsController {
  readonly #events: ReceivedEventHandlers;

  constructor(@Inject(RECEIVED_EVENTS) events: ReceivedEventHandlers) {
    this.#events = events;
  }

  @Get()
  list(@Req() { query }: HttpRequest): Promise<Page<ReceivedEventInfo>> {
    return this.#events.list(query);
  }

  @Post('replay')
  @HttpCode(202)
  replayMany(@Req() { body }: HttpRequest): Promise<ReplayedEvents> {
    return this.#events.replayMany(body);
  }

  @Get(':source/:id')
  get(@Req() { params }: HttpRequest): Promise<ReceivedEventView> {
    return this.#events.get(params['source']!, params['id']!);
  }

  @Post(':source/:id/replay')
  @HttpCode(202)
  replay(@Req() { params }: HttpRequest): Promise<ReplayedEvent> {
    return this.#events.replay(params['source']!, params['id']!);
  }
}
