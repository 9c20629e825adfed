import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { ProgressLink } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { PROGRESS } from '../tokens.ts';
import { answerProgress } from './answer-progress.ts';
import type { ProgressHandlers } from './progress-handlers.ts';

const readProgressId = ({ params }: HttpRequest): string => readId(params['id']!, 'run.not_found');

@Controller('v1/progress')
export class ProgressController {
  readonly #progress: ProgressHandlers;

  constructor(@Inject(PROGRESS) progress: ProgressHandlers) {
    this.#progress = progress;
  }

  @Get(':id')
  get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return answerProgress(this.#progress, readProgressId(request), request, reply);
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
