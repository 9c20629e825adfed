import { Controller, Get, Inject, Options, Req, Res } from '@nestjs/common';
import { asFailure, Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { answerPreflight, letAnyOrigin } from '../links/any-origin.ts';
import { PROGRESS } from '../tokens.ts';
import { answerProgress } from './answer-progress.ts';
import type { ProgressHandlers } from './progress-handlers.ts';
import { publicProgress } from './public-progress.ts';

/** What somebody sees who was given a link, without a key. */
@Controller('v1/public/progress')
export class PublicProgressController {
  readonly #progress: ProgressHandlers;

  constructor(@Inject(PROGRESS) progress: ProgressHandlers) {
    this.#progress = progress;
  }

  @Get(':token')
  async get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    letAnyOrigin(reply);
    const id = this.#progress.links.open(request.params['token']!);
    try {
      await answerProgress(this.#progress, id, request, reply, publicProgress);
    } catch (error) {
      // The detail names the run.
      throw asFailure(error).code === 'run.not_found' ? new Failure('link.invalid') : error;
    }
  }

  @Options(':token')
  preflight(@Res() reply: FastifyReply): void {
    answerPreflight(reply);
  }
}
