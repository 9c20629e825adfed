import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import {
  RECURRENCE_KEY_PATTERN,
  type Page,
  type Recurrence,
  type RecurrenceOccurrence,
  type RecurrencePreview,
} from '@nightshift/contracts';
import type { RecurrencePlace } from '@nightshift/workflow-core';
import type { HttpRequest } from '../door/http-request.ts';
import { refusal } from '../door/checked.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { RECURRENCES } from '../tokens.ts';
import type { RecurrenceHandlers } from './recurrence-handlers.ts';

const keyPattern = new RegExp(RECURRENCE_KEY_PATTERN);

const readPlace = ({ params }: HttpRequest): RecurrencePlace => {
  const workflow = readWorkflowName(params['name']!);
  const key = params['key']!;
  if (keyPattern.test(key)) return { workflow, key };
  throw refusal('request.invalid', [{ pointer: '/key', detail: 'must be letters, digits, _ . : and -, at most 100' }]);
};

@Controller('v1')
export class RecurrencesController {
  readonly #recurrences: RecurrenceHandlers;

  constructor(@Inject(RECURRENCES) recurrences: RecurrenceHandlers) {
    this.#recurrences = recurrences;
  }

  @Put('workflows/:name/recurrences/:key')
  put(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.put(readPlace(request), request.body, request.asked);
  }

  @Get('workflows/:name/recurrences/:key')
  get(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.get(readPlace(request));
  }

  @Delete('workflows/:name/recurrences/:key')
  @HttpCode(204)
  async remove(@Req() request: HttpRequest): Promise<void> {
    await this.#recurrences.remove(readPlace(request));
  }

  @Post('workflows/:name/recurrences/:key/pause')
  @HttpCode(200)
  pause(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.pause(readPlace(request));
  }

  @Post('workflows/:name/recurrences/:key/resume')
  @HttpCode(200)
  resume(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.resume(readPlace(request));
  }

  @Get('workflows/:name/recurrences/:key/occurrences')
  occurrences(@Req() request: HttpRequest): Promise<Page<RecurrenceOccurrence>> {
    return this.#recurrences.occurrences(readPlace(request), request.query);
  }

  @Get('recurrences')
  search(@Req() { query }: HttpRequest): Promise<Page<Recurrence>> {
    return this.#recurrences.search(query);
  }

  @Post('recurrences/preview')
  @HttpCode(200)
  preview(@Req() { body }: HttpRequest): RecurrencePreview {
    return this.#recurrences.preview(body);
  }
}
