import { Controller, Get, Inject } from '@nestjs/common';
import type { ChangeGap, Page } from '@nightshift/contracts';
import { CHANGES } from '../tokens.ts';
import type { ChangeHandlers } from './change-handlers.ts';

@Controller('v1/changes')
export class ChangesController {
  readonly #changes: ChangeHandlers;

  constructor(@Inject(CHANGES) changes: ChangeHandlers) {
    this.#changes = changes;
  }

  @Get('gaps')
  gaps(): Promise<Page<ChangeGap>> {
    return this.#changes.gaps();
  }
}
