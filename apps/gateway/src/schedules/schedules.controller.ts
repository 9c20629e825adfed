import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Req } from '@nestjs/common';
import type { ControlledRuns, Schedule, Scheduled, SchedulePage } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { SCHEDULES } from '../tokens.ts';
import type { ScheduleHandlers } from './schedule-handlers.ts';

const readScheduleId = ({ params }: HttpRequest): string => readId(params['id']!, 'schedule.not_found');

@Controller('v1')
export class SchedulesController {
  readonly #schedules: ScheduleHandlers;

  constructor(@Inject(SCHEDULES) schedules: ScheduleHandlers) {
    this.#schedules = schedules;
  }

  @Post('workflows/:name/schedules')
  @HttpCode(202)
  create(@Req() { params, body, asked }: HttpRequest): Promise<Scheduled> {
    return this.#schedules.create(readWorkflowName(params['name']!), body, asked);
  }

  @Get('schedules')
  search(@Req() { query }: HttpRequest): Promise<SchedulePage> {
    return this.#schedules.search(query);
  }

  @Post('schedules/cancel')
  @HttpCode(200)
  cancelMany(@Req() { body }: HttpRequest): Promise<ControlledRuns> {
    return this.#schedules.control.many('cancel', body);
  }

  @Post('schedules/pause')
  @HttpCode(200)
  pauseMany(@Req() { body }: HttpRequest): Promise<ControlledRuns> {
    return this.#schedules.control.many('pause', body);
  }

  @Post('schedules/resume')
  @HttpCode(200)
  resumeMany(@Req() { body }: HttpRequest): Promise<ControlledRuns> {
    return this.#schedules.control.many('resume', body);
  }

  @Post('schedules/move')
  @HttpCode(200)
  moveMany(@Req() { body, asked }: HttpRequest): Promise<ControlledRuns> {
    return this.#schedules.control.moveMany(body, asked);
  }

  @Get('schedules/:id')
  get(@Req() request: HttpRequest): Promise<Schedule> {
    return this.#schedules.get(readScheduleId(request));
  }

  @Patch('schedules/:id')
  move(@Req() request: HttpRequest): Promise<Schedule> {
    return this.#schedules.control.move(readScheduleId(request), request.body, request.asked);
  }

  @Delete('schedules/:id')
  cancel(@Req() request: HttpRequest): Promise<Schedule> {
    return this.#schedules.control.cancel(readScheduleId(request));
  }
}
