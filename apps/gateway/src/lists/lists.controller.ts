import { Controller, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { AdmittedList, ListItem, Page } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { readWorkflowName } from '../door/read-names.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { LISTS } from '../tokens.ts';
import type { ListHandlers } from './list-handlers.ts';

/** A body of JSON is held in memory as a whole: whoever has more sends NDJSON, which is not. */
const JSON_LIST_MAX_BYTES = 256 * 1024 * 1024;

const list: RouteRules = { bodies: ['ndjson'], bodyLimit: JSON_LIST_MAX_BYTES };

@Controller('v1')
export class ListsController {
  readonly #lists: ListHandlers;

  constructor(@Inject(LISTS) lists: ListHandlers) {
    this.#lists = lists;
  }

  @Post('workflows/:name/lists')
  @HttpCode(202)
  @RouteConfig(list)
  create(@Req() { params, query, body, raw, asked, grant }: HttpRequest): Promise<AdmittedList> {
    const workflow = readWorkflowName(params['name']!);
    return body instanceof Readable
      ? this.#lists.upload(workflow, query, body, { raw, asked, grant: grant! })
      : this.#lists.create(workflow, body, { asked, grant: grant! });
  }

  @Get('lists')
  search(@Req() { query }: HttpRequest): Promise<Page<ListView>> {
    return this.#lists.search(query);
  }

  @Get('lists/:id')
  get(@Req() { params }: HttpRequest): Promise<ListView> {
    return this.#lists.get(readId(params['id']!, 'list.not_found'));
  }

  @Get('lists/:id/items')
  items(@Req() { params, query }: HttpRequest): Promise<Page<ListItem>> {
    return this.#lists.items(readId(params['id']!, 'list.not_found'), query);
  }

  /** The failed items as a file. Streamed: a list may have very many. */
  @Get('lists/:id/failures.csv')
  @Header('content-type', 'text/csv; charset=utf-8; header=present')
  async failures(@Req() { params }: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const listId = readId(params['id']!, 'list.not_found');
    const rows = await this.#lists.failuresCsv(listId);
    await reply.header('content-disposition', `attachment; filename="failures-${listId}.csv"`).send(rows);
  }
}
