import { Controller, Get, Inject } from '@nestjs/common';
import { OPENAPI } from '../tokens.ts';

@Controller()
export class OpenApiController {
  readonly #make: () => object;

  constructor(@Inject(OPENAPI) make: () => object) {
    this.#make = make;
  }

  @Get('openapi.json')
  document(): object {
    return this.#make();
  }
}
