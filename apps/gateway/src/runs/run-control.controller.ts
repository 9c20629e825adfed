import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { ControlledRuns, ReplayedRun, RunView } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readId } from '../door/read-id.ts';
import { RUNS } from '../tokens.ts';
import type { ControlAction } from './control-runs.ts';
import type { RunHandlers } from './run-handlers.ts';

const readRunId = ({ params }: HttpRequest): string => readId(params['id']!, 'run.not_found');

@Controller('v1/runs')
export class RunControlController {
  readonly #runs: RunHandlers;

  constructor(@Inject(RUNS) runs: RunHandlers) {
    this.#runs = runs;
  }

  @Post('cancel')
  @HttpCode(200)
  cancelMany(@Req() request: HttpRequest): Promise<ControlledRuns> {
    return this.#many('cancel', request);
  }

  @Post('pause')
  @HttpCode(200)
  pauseMany(@Req() request: HttpRequest): Promise<ControlledRuns> {
    return this.#many('pause', request);
  }

  @Post('resume')
  @HttpCode(200)
  resumeMany(@Req() request: HttpRequest): Promise<ControlledRuns> {
    return this.#many('resume', request);
  }

  @Post('retry')
  @HttpCode(200)
  retryMany(@Req() request: HttpRequest): Promise<ControlledRuns> {
    return this.#many('retry', request);
  }

  @Post('replay')
  @HttpCode(200)
  replayMany(@Req() { body, asked }: HttpRequest): Promise<ControlledRuns> {
    return this.#runs.replay.many(body, asked);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Req() request: HttpRequest): Promise<RunView> {
    return this.#one('cancel', request);
  }

  @Post(':id/pause')
  @HttpCode(200)
  pause(@Req() request: HttpRequest): Promise<RunView> {
    return this.#one('pause', request);
  }

  @Post(':id/resume')
  @HttpCode(200)
  resume(@Req() request: HttpRequest): Promise<RunView> {
    return this.#one('resume', request);
  }

  @Post(':id/retry')
  @HttpCode(200)
  retry(@Req() request: HttpRequest): Promise<RunView> {
    return this.#one('retry', request);
  }

  @Post(':id/replay')
  @HttpCode(202)
  replay(@Req() request: HttpRequest): Promise<ReplayedRun> {
    return this.#runs.replay.one(readRunId(request), request.body, request.asked);
  }

  #one(action: ControlAction, request: HttpRequest): Promise<RunView> {
    return this.#runs.control.one(action, readRunId(request), request.body);
  }

  #many(action: ControlAction, { body }: HttpRequest): Promise<ControlledRuns> {
    return this.#runs.control.many(action, body);
  }
}
