import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { DeadLetterInfo, Page, Redriven } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { DEAD_LETTERS } from '../tokens.ts';
import type { DeadLetterHandlers } from './dead-letter-handlers.ts';

@Controller('v1/dead-letters')
export class DeadLettersController {
  readonly #letters: DeadLetterHandlers;

  constructor(@Inject(DEAD_LETTERS) letters: DeadLetterHandlers) {
    this.#letters = letters;
  }

  @Get()
  list(@Req() { query }: HttpRequest): Promise<Page<DeadLetterInfo>> {
    return this.#letters.list(query);
  }

  @Get(':id')
  get(@Req() { params }: HttpRequest): Promise<DeadLetterInfo> {
    return this.#letters.get(params['id']!);
  }

  @Post('redrive')
  @HttpCode(200)
  redriveAll(@Req() { body }: HttpRequest): Promise<Redriven> {
    return this.#letters.redriveAll(body);
  }

  @Post(':id/redrive')
  @HttpCode(200)
  redrive(@Req() { params }: HttpRequest): Promise<DeadLetterInfo> {
    return this.#letters.redrive(params['id']!);
  }
}
