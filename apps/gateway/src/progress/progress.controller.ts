import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { Progress } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWaitMs } from '../door/read-duration.ts';
import { readId } from '../door/read-id.ts';
import { PROGRESS } from '../tokens.ts';
import type { makeAwaitProgress } from './await-progress.ts';
import type { makeReadProgress } from './read-progress.ts';

export interface ProgressHandlers {
  read: ReturnType<typeof makeReadProgress>;
  await: ReturnType<typeof makeAwaitProgress>;
}

@Controller('v1/progress')
export class ProgressController {
  readonly #progress: ProgressHandlers;

  constructor(@Inject(PROGRESS) progress: ProgressHandlers) {
    this.#progress = progress;
  }

  @Get(':id')
  get(@Req() { params, query }: HttpRequest): Promise<Progress> {
    const id = readId(params['id']!, 'run.not_found');
    const waitMs = readWaitMs(query['wait']);
    return waitMs === undefined ? this.#progress.read(id) : this.#progress.await(id, waitMs);
  }
}
