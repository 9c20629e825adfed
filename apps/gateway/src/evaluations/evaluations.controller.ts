import { Controller, Delete, Get, HttpCode, Inject, Put, Req } from '@nestjs/common';
import type { EvaluationRecordView, EvaluationsView } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { EVALUATIONS } from '../tokens.ts';
import type { EvaluationHandlers } from './evaluation-handlers.ts';

@Controller('v1/workflows/:name/evaluations')
export class EvaluationsController {
  readonly #evaluations: EvaluationHandlers;

  constructor(@Inject(EVALUATIONS) evaluations: EvaluationHandlers) {
    this.#evaluations = evaluations;
  }

  @Get()
  list(@Req() { params, query }: HttpRequest): Promise<EvaluationsView> {
    return this.#evaluations.list(readWorkflowName(params['name']!), query);
  }

  @Put()
  record(@Req() { params, body }: HttpRequest): Promise<EvaluationRecordView> {
    return this.#evaluations.record(readWorkflowName(params['name']!), body);
  }

  @Delete()
  @HttpCode(204)
  stop(@Req() { params }: HttpRequest): Promise<void> {
    return this.#evaluations.stop(readWorkflowName(params['name']!));
  }
}
