import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import {
  compileSchema,
  HistoryQuerySchema,
  type Page,
  type RunEvent,
  type RunView,
  type StartedRun,
} from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWait } from '../door/read-duration.ts';
import { readId } from '../door/read-id.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { RUNS } from '../tokens.ts';
import type { RunHandlers } from './run-handlers.ts';

const checkHistoryQuery = compileSchema(HistoryQuerySchema);

@Controller('v1')
export class RunsController {
  readonly #runs: RunHandlers;

  constructor(@Inject(RUNS) runs: RunHandlers) {
    this.#runs = runs;
  }

  @Post('workflows/:name/runs')
  async start(
    @Req() { params, query, body, asked }: HttpRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedRun> {
    const { runId, outcome, status } = await this.#runs.start(
      readWorkflowName(params['name']!),
      body,
      readWait(query),
      asked,
    );
    void reply.status(outcome === undefined ? 202 : 200);
    return outcome ?? { runId, ...(status !== undefined && { status }) };
  }

  @Get('runs')
  search(@Req() { query }: HttpRequest): Promise<Page<RunView>> {
    return this.#runs.search(query);
  }

  @Get('runs/:id')
  get(@Req() { params }: HttpRequest): Promise<RunView> {
    return this.#runs.get(readId(params['id']!, 'run.not_found'));
  }

  @Get('runs/:id/events')
  async events(@Req() { params, query }: HttpRequest): Promise<Page<RunEvent>> {
    const { after = 0 } = checked(checkHistoryQuery, coerceQuery(query, HistoryQuerySchema));
    return { items: await this.#runs.events(readId(params['id']!, 'run.not_found'), after), nextCursor: null };
  }
}
