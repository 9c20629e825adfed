import { Controller, Delete, Get, HttpCode, Inject, Req } from '@nestjs/common';
import type { MailboxEntry, Page } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { MAILBOX } from '../tokens.ts';
import type { MailboxHandlers } from './mailbox-handlers.ts';

@Controller('v1/mailbox')
export class MailboxController {
  readonly #mailbox: MailboxHandlers;

  constructor(@Inject(MAILBOX) mailbox: MailboxHandlers) {
    this.#mailbox = mailbox;
  }

  @Get()
  list(@Req() { query }: HttpRequest): Promise<Page<MailboxEntry>> {
    return this.#mailbox.list(query);
  }

  @Get(':messageId')
  get(@Req() { params }: HttpRequest): Promise<MailboxEntry> {
    return this.#mailbox.get(params['messageId']!);
  }

  @Delete()
  @HttpCode(204)
  clear(): Promise<void> {
    return this.#mailbox.clear();
  }
}
