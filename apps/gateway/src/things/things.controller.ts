import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req, Res } from '@nestjs/common';
import { Failure, type ExplainedSearch, type SearchResult } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { asETag, readIfMatch } from '../door/read-if-match.ts';
import { readTypeName } from '../door/read-names.ts';
import { sendProblem } from '../door/send-problem.ts';
import { THINGS } from '../tokens.ts';
import type { FoundThing, ThingHandlers } from './thing-handlers.ts';

@Controller('v1/things/:type')
export class ThingsController {
  readonly #things: ThingHandlers;

  constructor(@Inject(THINGS) things: ThingHandlers) {
    this.#things = things;
  }

  @Post()
  async create(@Req() { params, body, asked }: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const type = readTypeName(params['type']!);
    const made = await this.#things.create(type, body, asked);
    answer(reply.status(201).header('location', `/v1/things/${type}/${made.thing.id}`), made);
  }

  @Post('search')
  @HttpCode(200)
  search(@Req() { params, body, asked }: HttpRequest): Promise<SearchResult | ExplainedSearch> {
    return this.#things.search(readTypeName(params['type']!), body, asked);
  }

  @Get(':id')
  async get(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const { type, id } = addressOf(request);
    answer(reply, await this.#things.get(type, id, request.asked));
  }

  @Patch(':id')
  async change(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const target = { ...addressOf(request), ifVersion: readIfMatch(request.headers['if-match']) };
    answer(reply, await this.#things.change(target, request.body, request.asked));
  }

  @Delete(':id')
  async remove(@Req() request: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const target = { ...addressOf(request), ifVersion: readIfMatch(request.headers['if-match']) };
    const { version, ...removed } = await this.#things.remove(target, request.asked);
    // Of what is gone there is no version to go on from.
    answer(reply, { ...removed, version: removed.isChanged === true ? version : null });
  }
}

const addressOf = ({ params }: HttpRequest): { type: string; id: string } => ({
  type: readTypeName(params['type']!),
  id: readId(params['id']!, 'thing.not_found'),
});

/** The thing with its version as `ETag`; 412 with the thing as it is if it was to be in another version. */
const answer = (reply: FastifyReply, { thing, version, isChanged }: FoundThing): void => {
  if (version !== null) void reply.header('etag', asETag(version));
  if (isChanged !== true) return void reply.type('application/json; charset=utf-8').send(JSON.stringify(thing));
  const failure = new Failure('thing.changed', { detail: 'It is as `thing` says: look at it, and ask again.' });
  sendProblem(reply, failure, { members: { thing } });
};
