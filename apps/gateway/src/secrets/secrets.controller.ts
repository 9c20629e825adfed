import { Controller, Delete, Get, HttpCode, Inject, Put, Req } from '@nestjs/common';
import type { Page, SecretInfo } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readSecretName } from '../door/read-names.ts';
import { SECRETS } from '../tokens.ts';
import type { SecretHandlers } from './secret-handlers.ts';

@Controller('v1/secrets')
export class SecretsController {
  readonly #secrets: SecretHandlers;

  constructor(@Inject(SECRETS) secrets: SecretHandlers) {
    this.#secrets = secrets;
  }

  @Put(':name')
  @HttpCode(204)
  put(@Req() { params, body }: HttpRequest): Promise<void> {
    return this.#secrets.put(readSecretName(params['name']!), body);
  }

  @Get()
  list(): Promise<Page<SecretInfo>> {
    return this.#secrets.list();
  }

  @Delete(':name')
  @HttpCode(204)
  remove(@Req() { params }: HttpRequest): Promise<void> {
    return this.#secrets.remove(readSecretName(params['name']!));
  }
}
