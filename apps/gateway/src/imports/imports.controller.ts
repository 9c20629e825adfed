import { Controller, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Failure, type ImportError, type ImportResult, type ImportView, type Page } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { readTypeName } from '../door/read-names.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { IMPORTS } from '../tokens.ts';
import type { ImportHandlers } from './import-handlers.ts';

const upload: RouteRules = { bodies: ['ndjson', 'csv'] };

const readImportId = ({ params }: HttpRequest): string => readId(params['id']!, 'import.not_found');

@Controller('v1')
export class ImportsController {
  readonly #imports: ImportHandlers;

  constructor(@Inject(IMPORTS) imports: ImportHandlers) {
    this.#imports = imports;
  }

  @Post('things/:type/bulk')
  @HttpCode(200)
  @RouteConfig(upload)
  async upload(
    @Req() { params, query, body, headers, asked }: HttpRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportResult> {
    const type = readTypeName(params['type']!);
    if (!(body instanceof Readable)) {
      const detail = 'Send the things as application/x-ndjson or text/csv';
      throw new Failure('request.unsupported_media_type', { detail });
    }
    const format = headers['content-type']?.startsWith('text/csv') === true ? 'csv' : 'ndjson';
    const onBegun = (importId: string): void => void reply.header('nightshift-import-id', importId);
    try {
      return await this.#imports.upload({ type, format, query, stream: body, asked, onBegun });
    } finally {
      // What was not read is dropped: left where it is, it would stand before the connection's next request.
      body.resume();
    }
  }

  @Get('imports')
  search(@Req() { query }: HttpRequest): Promise<Page<ImportView>> {
    return this.#imports.search(query);
  }

  @Get('imports/:id')
  get(@Req() request: HttpRequest): Promise<ImportView> {
    return this.#imports.get(readImportId(request));
  }

  @Get('imports/:id/errors')
  errors(@Req() request: HttpRequest): Promise<Page<ImportError>> {
    return this.#imports.errors(readImportId(request), request.query);
  }

  /** All of them as a file. Streamed: there may be very many. */
  @Get('imports/:id/errors.csv')
  @Header('content-type', 'text/csv; charset=utf-8; header=present')
  async errorsCsv(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const importId = readImportId(request);
    const rows = await this.#imports.errorsCsv(importId);
    await reply.header('content-disposition', `attachment; filename="errors-${importId}.csv"`).send(rows);
  }
}
