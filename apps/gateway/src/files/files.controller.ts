import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FileInfo, FileLink } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { FILES } from '../tokens.ts';
import type { FileHandlers } from './file-handlers.ts';
import { baseOf, readWanted } from './read-wanted.ts';

const anyBody: RouteRules = { bodies: ['file'] };

const readFileId = ({ params }: HttpRequest): string => readId(params['id']!, 'file.not_found');

@Controller('v1/files')
export class FilesController {
  readonly #files: FileHandlers;

  constructor(@Inject(FILES) files: FileHandlers) {
    this.#files = files;
  }

  @Post()
  @HttpCode(201)
  @RouteConfig(anyBody)
  async upload(@Req() request: HttpRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<FileInfo> {
    const { headers, query, body, fileType, asked } = request;
    const content = body instanceof Readable ? body : undefined;
    try {
      const file = await this.#files.upload(
        {
          body: content,
          contentType: fileType,
          disposition: headers['content-disposition'],
          name: [query['name']].flat()[0],
        },
        { length: Number(headers['content-length'] ?? 0), base: baseOf(request), asked },
      );
      void reply.header('location', `/v1/files/${file.id}`);
      return file;
    } finally {
      // What was not read stands before the connection's next request, and its sender does not read the answer.
      content?.unpipe().resume();
    }
  }

  @Get(':id')
  get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#files.send(readFileId(request), readWanted(request), reply);
  }

  @Get(':id/info')
  info(@Req() request: HttpRequest): Promise<FileInfo> {
    return this.#files.info(readFileId(request), baseOf(request));
  }

  @Post(':id/links')
  @HttpCode(201)
  link(@Req() request: HttpRequest): Promise<FileLink> {
    return this.#files.link(readFileId(request), request.body, baseOf(request));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Req() request: HttpRequest): Promise<void> {
    return this.#files.remove(readFileId(request));
  }
}
