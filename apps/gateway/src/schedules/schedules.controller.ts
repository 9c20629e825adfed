import { Controller, Delete, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Page, Schedule } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { SCHEDULES } from '../tokens.ts';
import type { ScheduleHandlers } from './schedule-handlers.ts';

@Controller('v1')
export class SchedulesController {
  readonly #schedules: ScheduleHandlers;

  constructor(@Inject(SCHEDULES) schedules: ScheduleHandlers) {
    this.#schedules = schedules;
  }

  @Post('workflows/:name/schedules')
  @HttpCode(202)
  create(@Req() { params, body }: HttpRequest): Promise<Schedule> {
    return this.#schedules.create(readWorkflowName(params['name']!), body);
  }

  @Get('schedules')
  list(@Req() { query }: HttpRequest): Promise<Page<Schedule>> {
    return this.#schedules.list(query);
  }

  @Get('schedules/:id')
  get(@Req() { params }: HttpRequest): Promise<Schedule> {
    return this.#schedules.get(readId(params['id']!, 'schedule.not_found'));
  }

  @Delete('schedules/:id')
  cancel(@Req() { params }: HttpRequest): Promise<Schedule> {
    return this.#schedules.cancel(readId(params['id']!, 'schedule.not_found'));
  }
}
