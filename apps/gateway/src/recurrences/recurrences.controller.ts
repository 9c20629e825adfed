import { Controller, Delete, Get, HttpCode, Inject, Put, Req } from '@nestjs/common';
import type { Recurrence } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { refusal } from '../door/checked.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { RECURRENCES } from '../tokens.ts';
import type { RecurrenceHandlers, RecurrencePlace } from './recurrence-handlers.ts';

const keyPattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/;

const readPlace = ({ params }: HttpRequest): RecurrencePlace => {
  const workflow = readWorkflowName(params['name']!);
  const key = params['key']!;
  if (keyPattern.test(key)) return { workflow, key };
  throw refusal('request.invalid', [{ pointer: '/key', detail: 'must be letters, digits, _ . : and -, at most 100' }]);
};

@Controller('v1/workflows/:name/recurrences/:key')
export class RecurrencesController {
  readonly #recurrences: RecurrenceHandlers;

  constructor(@Inject(RECURRENCES) recurrences: RecurrenceHandlers) {
    this.#recurrences = recurrences;
  }

  @Put()
  put(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.put(readPlace(request), request.body);
  }

  @Get()
  get(@Req() request: HttpRequest): Promise<Recurrence> {
    return this.#recurrences.get(readPlace(request));
  }

  @Delete()
  @HttpCode(204)
  async remove(@Req() request: HttpRequest): Promise<void> {
    await this.#recurrences.remove(readPlace(request));
  }
}
