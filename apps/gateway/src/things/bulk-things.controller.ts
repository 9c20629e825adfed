import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { BulkFormat, BulkResult } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readTypeName } from '../door/read-names.ts';
import { BULK_THINGS, EXPORT_THINGS } from '../tokens.ts';
import type { BulkHandlers } from './bulk-handlers.ts';
import type { ExportThings } from './export-things.ts';

const contentTypes: Record<BulkFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** Many things at once. */
@Controller('v1/things/:type')
export class BulkThingsController {
  readonly #bulk: BulkHandlers;
  readonly #export: ExportThings;

  constructor(@Inject(BULK_THINGS) bulk: BulkHandlers, @Inject(EXPORT_THINGS) exporting: ExportThings) {
    this.#bulk = bulk;
    this.#export = exporting;
  }

  @Post('change')
  @HttpCode(200)
  change(@Req() { params, body, asked }: HttpRequest): Promise<BulkResult> {
    return this.#bulk.change(readTypeName(params['type']!), body, asked);
  }

  @Post('delete')
  @HttpCode(200)
  delete(@Req() { params, body, asked }: HttpRequest): Promise<BulkResult> {
    return this.#bulk.delete(readTypeName(params['type']!), body, asked);
  }

  @Post('copy')
  @HttpCode(200)
  copy(@Req() { params, body, asked }: HttpRequest): Promise<BulkResult> {
    return this.#bulk.copy(readTypeName(params['type']!), body, asked);
  }

  /** Streamed. An answer that does not end as HTTP says is not whole. */
  @Post('export')
  @HttpCode(200)
  async export(@Req() { params, body, asked }: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const type = readTypeName(params['type']!);
    const { format, stream } = await this.#export(type, body, asked);
    await reply
      .header('content-type', contentTypes[format])
      .header('content-disposition', `attachment; filename="${type}.${format}"`)
      .send(stream);
  }
}
