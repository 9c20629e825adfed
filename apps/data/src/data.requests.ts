import { Controller, Inject } from '@nestjs/common';
import {
  requests,
  type BegunTransaction,
  type ChangeGap,
  type DataAnswer,
  type TypeDefinition,
} from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
import {
  ANSWER_DATA_REQUEST,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  LIST_GAPS,
  LIST_TYPES,
  type AnswerDataRequest,
  type BeginTransactionHandler,
  type DeclareTypeHandler,
  type ListGaps,
  type ListTypes,
} from './data.tokens.ts';

/** The subjects that this service answers. */
@Controller()
export class DataRequests {
  readonly #answer: AnswerDataRequest;
  readonly #beginTransaction: BeginTransactionHandler;
  readonly #declareType: DeclareTypeHandler;
  readonly #listGaps: ListGaps;
  readonly #listTypes: ListTypes;

  constructor(
    @Inject(ANSWER_DATA_REQUEST) answer: AnswerDataRequest,
    @Inject(BEGIN_TRANSACTION) beginTransaction: BeginTransactionHandler,
    @Inject(DECLARE_TYPE) declareType: DeclareTypeHandler,
    @Inject(LIST_GAPS) listGaps: ListGaps,
    @Inject(LIST_TYPES) listTypes: ListTypes,
  ) {
    this.#answer = answer;
    this.#beginTransaction = beginTransaction;
    this.#declareType = declareType;
    this.#listGaps = listGaps;
    this.#listTypes = listTypes;
  }

  @OnRequest(requests.data)
  data(request: unknown): Promise<DataAnswer> {
    return this.#answer(request);
  }

  @OnRequest(requests.beginTransaction)
  beginTransaction(request: unknown): Promise<BegunTransaction> {
    return this.#beginTransaction(request);
  }

  @OnRequest(requests.declareType)
  declareType(request: unknown): Promise<TypeDefinition> {
    return this.#declareType(request);
  }

  @OnRequest(requests.changeGaps)
  listGaps(): Promise<ChangeGap[]> {
    return this.#listGaps();
  }

  @OnRequest(requests.listTypes)
  listTypes(): Promise<TypeDefinition[]> {
    return this.#listTypes();
  }
}
