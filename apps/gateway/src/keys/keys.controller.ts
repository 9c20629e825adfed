import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { KeyView, NewKey, Page } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { KEYS } from '../tokens.ts';
import type { KeyAsked, KeyHandlers } from './key-handlers.ts';

const shownOnce: RouteRules = { isAnswerKept: false };

const idOf = ({ params }: HttpRequest): string => readId(params['id']!, 'key.not_found');
const askedBy = ({ asked, grant }: HttpRequest): KeyAsked => ({ asked, grant: grant! });

@Controller('v1/keys')
export class KeysController {
  readonly #keys: KeyHandlers;

  constructor(@Inject(KEYS) keys: KeyHandlers) {
    this.#keys = keys;
  }

  @Post()
  @RouteConfig(shownOnce)
  create(@Req() request: HttpRequest): Promise<NewKey> {
    return this.#keys.create(request.body, askedBy(request));
  }

  @Get()
  list(@Req() { query }: HttpRequest): Promise<Page<KeyView>> {
    return this.#keys.list(query);
  }

  @Get(':id')
  get(@Req() request: HttpRequest): Promise<KeyView> {
    return this.#keys.get(idOf(request));
  }

  @Patch(':id')
  change(@Req() request: HttpRequest): Promise<KeyView> {
    return this.#keys.change(idOf(request), request.body, askedBy(request));
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @RouteConfig(shownOnce)
  rotate(@Req() request: HttpRequest): Promise<NewKey> {
    return this.#keys.rotate(idOf(request), request.body, askedBy(request));
  }

  @Delete(':id')
  revoke(@Req() request: HttpRequest): Promise<KeyView> {
    return this.#keys.revoke(idOf(request));
  }
}
