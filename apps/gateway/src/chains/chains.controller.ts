import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { ChainView, HoldView, Page } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { CHAINS } from '../tokens.ts';
import type { ChainHandlers } from './chain-handlers.ts';

const readChainId = ({ params }: HttpRequest): string => readId(params['id']!, 'chain.not_found');

@Controller('v1/chains')
export class ChainsController {
  readonly #chains: ChainHandlers;

  constructor(@Inject(CHAINS) chains: ChainHandlers) {
    this.#chains = chains;
  }

  @Get()
  search(@Req() { query }: HttpRequest): Promise<Page<ChainView>> {
    return this.#chains.search(query);
  }

  @Get(':id')
  get(@Req() request: HttpRequest): Promise<ChainView> {
    return this.#chains.get(readChainId(request));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Req() request: HttpRequest): Promise<ChainView> {
    return this.#chains.cancel(readChainId(request), request.body);
  }

  /** The cycle under way goes on to its end. */
  @Post(':id/pause')
  @HttpCode(200)
  pause(@Req() request: HttpRequest): Promise<HoldView> {
    return this.#chains.pause(readChainId(request), request.body);
  }

  @Post(':id/resume')
  @HttpCode(204)
  resume(@Req() request: HttpRequest): Promise<void> {
    return this.#chains.resume(readChainId(request), request.body);
  }
}
