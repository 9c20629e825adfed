import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Page, ReceivedEvent } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { OUTSIDE_EVENTS } from '../tokens.ts';
import type { makeReceiveEvents } from './receive-events.ts';

@Controller('v1/events')
export class OutsideEventsController {
  readonly #receive: ReturnType<typeof makeReceiveEvents>;

  constructor(@Inject(OUTSIDE_EVENTS) receive: ReturnType<typeof makeReceiveEvents>) {
    this.#receive = receive;
  }

  @Post()
  @HttpCode(202)
  receive(@Req() { headers, body }: HttpRequest): Promise<ReceivedEvent | Page<ReceivedEvent>> {
    return this.#receive({ headers, body });
  }
}
