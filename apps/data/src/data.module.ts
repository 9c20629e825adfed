import type { DynamicModule } from '@nestjs/common';
import { BULK, BulkRequests, EXPORTS } from './bulk/bulk.requests.ts';
import type { Exports } from './bulk/exports.ts';
import { DataRequests } from './data.requests.ts';
import {
  ANSWER_DATA_REQUEST,
  ANSWER_FILE_REQUEST,
  ANSWER_VERSIONED,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  DELETE_TYPE,
  FIND_USER,
  IS_USER,
  LIST_GAPS,
  LIST_TYPES,
  PLAN_TYPE,
  TYPE_PRIVACY,
  type AnswerFileRequest,
} from './data.tokens.ts';
import type { Data } from './open-data.ts';
import type { Transactions } from './transactions/transactions.ts';

class DataModule {}

/** The parts list: the requests, and what answers them. */
export const makeDataModule = (
  data: Data,
  transactions: Transactions,
  exports: Exports,
  answerFileRequest: AnswerFileRequest,
): DynamicModule => ({
  module: DataModule,
  controllers: [DataRequests, BulkRequests],
  providers: [
    { provide: ANSWER_DATA_REQUEST, useValue: data.answer },
    { provide: ANSWER_VERSIONED, useValue: data.answerVersioned },
    { provide: ANSWER_FILE_REQUEST, useValue: answerFileRequest },
    { provide: BEGIN_TRANSACTION, useValue: transactions.begin },
    { provide: DECLARE_TYPE, useValue: data.declareType },
    { provide: PLAN_TYPE, useValue: data.planType },
    { provide: DELETE_TYPE, useValue: data.deleteType },
    { provide: LIST_GAPS, useValue: data.listGaps },
    { provide: BULK, useValue: data.bulk },
    { provide: EXPORTS, useValue: exports },
    { provide: LIST_TYPES, useValue: data.listTypes },
    { provide: TYPE_PRIVACY, useValue: data.privacy },
    { provide: FIND_USER, useValue: data.findUser },
    { provide: IS_USER, useValue: data.isUser },
  ],
});
