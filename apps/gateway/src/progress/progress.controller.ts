import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { ProgressLink } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { progress } from '../payloads/masks.ts';
import { PROGRESS } from '../tokens.ts';
import { answerProgress } from './answer-progress.ts';
import type { ProgressHandlers } from './progress-handlers.ts';
import type { ShowProgress } from './progress-streams.ts';

const readProgressId = ({ params }: HttpRequest): string => readId(params['id']!, 'run.not_found');

/** The document as somebody sees it, also in a stream. */
const showTo =
  ({ grant }: HttpRequest): ShowProgress =>
  (document) =>
    grant?.seesPayloads === false ? (progress(document) as typeof document) : document;

@Controller('v1/progress')
export class ProgressController {
  readonly #progress: ProgressHandlers;

  constructor(@Inject(PROGRESS) progress: ProgressHandlers) {
    this.#progress = progress;
  }

  @Get(':id')
  get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return answerProgress(this.#progress, readProgressId(request), request, reply, showTo(request));
  }

  @Post(':id/links')
  @HttpCode(201)
  link(@Req() request: HttpRequest): Promise<ProgressLink> {
    const { protocol, host, body } = request;
    return this.#progress.links.make(
      readProgressId(request),
      body,
      this.#progress.publicUrl ?? `${protocol}://${host}`,
    );
  }
}
