import { Controller, Delete, Get, Inject, Put, Req } from '@nestjs/common';
import type { Page, TypeDefinition, TypePlan, TypePrivacy } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readNewTypeName, readTypeName } from '../door/read-names.ts';
import { TYPES } from '../tokens.ts';
import type { TypeHandlers } from './type-handlers.ts';

@Controller('v1/types')
export class TypesController {
  readonly #types: TypeHandlers;

  constructor(@Inject(TYPES) types: TypeHandlers) {
    this.#types = types;
  }

  @Put(':type')
  declare(@Req() { params, body, query }: HttpRequest): Promise<TypeDefinition | TypePlan> {
    return this.#types.declare(readNewTypeName(params['type']!), body, query);
  }

  @Delete(':type')
  remove(@Req() { params, query }: HttpRequest): Promise<TypePlan> {
    return this.#types.remove(readTypeName(params['type']!), query);
  }

  @Get(':type/privacy')
  privacy(@Req() { params }: HttpRequest): Promise<TypePrivacy> {
    return this.#types.privacy(readTypeName(params['type']!));
  }

  @Put(':type/privacy')
  setPrivacy(@Req() { params, body }: HttpRequest): Promise<TypePrivacy> {
    return this.#types.setPrivacy(readTypeName(params['type']!), body);
  }

  @Get()
  list(): Promise<Page<TypeDefinition>> {
    return this.#types.list();
  }
}
