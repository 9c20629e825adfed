import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import type { ExplainedSearch, SearchResult, Thing } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { readTypeName } from '../door/read-names.ts';
import { THINGS } from '../tokens.ts';
import type { ThingHandlers } from './thing-handlers.ts';

@Controller('v1/things/:type')
export class ThingsController {
  readonly #things: ThingHandlers;

  constructor(@Inject(THINGS) things: ThingHandlers) {
    this.#things = things;
  }

  @Post()
  async create(
    @Req() { params, body, asked }: HttpRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Thing> {
    const type = readTypeName(params['type']!);
    const thing = await this.#things.create(type, body, asked);
    void reply.header('location', `/v1/things/${type}/${thing.id}`);
    return thing;
  }

  @Post('search')
  @HttpCode(200)
  search(@Req() { params, body, asked }: HttpRequest): Promise<SearchResult | ExplainedSearch> {
    return this.#things.search(readTypeName(params['type']!), body, asked);
  }

  @Get(':id')
  get(@Req() { params, asked }: HttpRequest): Promise<Thing> {
    return this.#things.get(readTypeName(params['type']!), readId(params['id']!, 'thing.not_found'), asked);
  }

  @Patch(':id')
  change(@Req() { params, body, asked }: HttpRequest): Promise<Thing> {
    return this.#things.change(readTypeName(params['type']!), readId(params['id']!, 'thing.not_found'), body, asked);
  }

  @Delete(':id')
  remove(@Req() { params, asked }: HttpRequest): Promise<Thing> {
    return this.#things.remove(readTypeName(params['type']!), readId(params['id']!, 'thing.not_found'), asked);
  }
}
