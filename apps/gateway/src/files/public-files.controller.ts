import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { asFailure, Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { FILES } from '../tokens.ts';
import type { FileHandlers } from './file-handlers.ts';
import { readWanted } from './read-wanted.ts';

/** What somebody gets who was given a link, without a key. */
@Controller('v1/public/files')
export class PublicFilesController {
  readonly #files: FileHandlers;

  constructor(@Inject(FILES) files: FileHandlers) {
    this.#files = files;
  }

  @Get(':token')
  async get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    // Any page may show it, and nobody's cookies matter.
    void reply.header('access-control-allow-origin', '*');
    try {
      await this.#files.sendLinked(request.params['token']!, readWanted(request), reply);
    } catch (error) {
      // The detail names the file.
      throw asFailure(error).code === 'file.not_found' ? new Failure('link.invalid') : error;
    }
  }
}
