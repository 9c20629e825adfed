import type { DynamicModule } from '@nestjs/common';
import { DataRequests } from './data.requests.ts';
import {
  ANSWER_DATA_REQUEST,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  IS_USER,
  LIST_TYPES,
  TYPE_PRIVACY,
} from './data.tokens.ts';
import type { Data } from './open-data.ts';
import type { Transactions } from './transactions/transactions.ts';

class DataModule {}

/** The parts list: the requests, and what answers them. */
export const makeDataModule = (data: Data, transactions: Transactions): DynamicModule => ({
  module: DataModule,
  controllers: [DataRequests],
  providers: [
    { provide: ANSWER_DATA_REQUEST, useValue: data.answer },
    { provide: BEGIN_TRANSACTION, useValue: transactions.begin },
    { provide: DECLARE_TYPE, useValue: data.declareType },
    { provide: LIST_TYPES, useValue: data.listTypes },
    { provide: TYPE_PRIVACY, useValue: data.privacy },
    { provide: IS_USER, useValue: data.isUser },
  ],
});
