import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { AuditEntryView, Page } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { AUDIT } from '../tokens.ts';
import type { AuditHandlers } from './audit-handlers.ts';

@Controller('v1/audit')
export class AuditController {
  readonly #audit: AuditHandlers;

  constructor(@Inject(AUDIT) audit: AuditHandlers) {
    this.#audit = audit;
  }

  @Get()
  search(@Req() { query }: HttpRequest): Promise<Page<AuditEntryView>> {
    return this.#audit.search(query);
  }
}
