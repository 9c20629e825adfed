import type { DynamicModule } from '@nestjs/common';
import { DataRequests } from './data.requests.ts';
import { ANSWER_DATA_REQUEST, DECLARE_TYPE, LIST_TYPES } from './data.tokens.ts';
import type { Data } from './open-data.ts';

class DataModule {}

/** The parts list: the requests, and what answers them. */
export const makeDataModule = (data: Data): DynamicModule => ({
  module: DataModule,
  controllers: [DataRequests],
  providers: [
    { provide: ANSWER_DATA_REQUEST, useValue: data.answer },
    { provide: DECLARE_TYPE, useValue: data.declareType },
    { provide: LIST_TYPES, useValue: data.listTypes },
  ],
});
