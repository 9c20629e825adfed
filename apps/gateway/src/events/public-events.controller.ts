import { Controller, Get, Inject, Options, Req, Res } from '@nestjs/common';
import { asFailure, Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { answerPreflight, letAnyOrigin } from '../links/any-origin.ts';
import { EVENTS } from '../tokens.ts';
import { answerEvents } from './answer-events.ts';
import type { EventHandlers } from './event-handlers.ts';
import { upgradeOf } from './sockets/socket-upgrade.ts';

/** The detail names what is gone. */
const gone: ReadonlySet<string> = new Set(['run.not_found', 'list.not_found', 'workflow.not_found']);

/** What somebody sees who was given a link; and the way in for who can show his key in a message alone. */
@Controller('v1/public/events')
export class PublicEventsController {
  readonly #events: EventHandlers;

  constructor(@Inject(EVENTS) events: EventHandlers) {
    this.#events = events;
  }

  @Get()
  open(@Res() reply: FastifyReply): void {
    this.#events.sockets.open(reply, undefined);
  }

  @Get(':token')
  async follow(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    letAnyOrigin(reply);
    const { filter, seesPayloads, endsAtMs } = this.#events.links.open(request.params['token']!);
    const leave = this.#events.leaves.ofLink(endsAtMs);
    if (upgradeOf(request.raw)) return this.#events.sockets.open(reply, { linked: filter, seesPayloads, leave });
    try {
      await answerEvents(this.#events.streams, { filter, seesPayloads }, leave, request, reply);
    } catch (error) {
      throw gone.has(asFailure(error).code) ? new Failure('link.invalid') : error;
    }
  }

  @Options(':token')
  preflight(@Res() reply: FastifyReply): void {
    answerPreflight(reply);
  }
}
