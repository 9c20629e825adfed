import { Controller, Delete, Get, HttpCode, Inject, Put, Req } from '@nestjs/common';
import { compileSchema, IssuerNameSchema, type Issuer, type Page } from '@nightshift/contracts';
import { refusal } from '../door/checked.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { ISSUERS } from '../tokens.ts';
import type { IssuerHandlers } from './issuer-handlers.ts';

const checkName = compileSchema(IssuerNameSchema);

/** @throws Failure `request.invalid`: the name is a part of what its users are remembered by */
const readName = (text: string): string => {
  if (checkName(text).ok) return text;
  const detail = 'must be lower-case words joined by hyphens, at most 63 characters';
  throw refusal('request.invalid', [{ pointer: '/name', detail }]);
};

@Controller('v1/issuers')
export class IssuersController {
  readonly #issuers: IssuerHandlers;

  constructor(@Inject(ISSUERS) issuers: IssuerHandlers) {
    this.#issuers = issuers;
  }

  @Put(':name')
  put(@Req() { params, body }: HttpRequest): Promise<Issuer> {
    return this.#issuers.put(readName(params['name']!), body);
  }

  @Get()
  list(): Promise<Page<Issuer>> {
    return this.#issuers.list();
  }

  @Get(':name')
  get(@Req() { params }: HttpRequest): Promise<Issuer> {
    return this.#issuers.get(params['name']!);
  }

  @Delete(':name')
  @HttpCode(204)
  remove(@Req() { params }: HttpRequest): Promise<void> {
    return this.#issuers.remove(params['name']!);
  }
}
