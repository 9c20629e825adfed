import { Controller, HttpCode, Inject, Patch, Post, Req } from '@nestjs/common';
import { Failure, type ControlledRuns } from '@nightshift/contracts';
import type { ListView } from '@nightshift/ledger';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { LISTS } from '../tokens.ts';
import type { ListHandlers } from './list-handlers.ts';

const readListId = ({ params }: HttpRequest): string => readId(params['id']!, 'list.not_found');

/** An index names an item; what is none names nothing. */
const readIndex = ({ params }: HttpRequest): number => {
  const text = params['index']!;
  const index = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (index === undefined)
    throw new Failure('list.item_not_found', { detail: `"${text.slice(0, 64)}" is not an index` });
  return index;
};

@Controller('v1/lists/:id')
export class ListControlController {
  readonly #lists: ListHandlers;

  constructor(@Inject(LISTS) lists: ListHandlers) {
    this.#lists = lists;
  }

  @Patch()
  change(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.change(readListId(request), request.body);
  }

  @Post('pause')
  @HttpCode(200)
  pause(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.pause(readListId(request), request.body);
  }

  @Post('resume')
  @HttpCode(200)
  resume(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.resume(readListId(request));
  }

  @Post('cancel')
  @HttpCode(200)
  cancel(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.cancel(readListId(request), request.body);
  }

  @Post('retry-failed')
  @HttpCode(200)
  retryFailed(@Req() request: HttpRequest): Promise<ControlledRuns> {
    return this.#lists.retryFailed(readListId(request));
  }

  @Post('items/:index/retry')
  @HttpCode(200)
  retryItem(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.retryItem(readListId(request), readIndex(request));
  }

  @Post('items/:index/skip')
  @HttpCode(200)
  skipItem(@Req() request: HttpRequest): Promise<ListView> {
    return this.#lists.skipItem(readListId(request), readIndex(request));
  }
}
