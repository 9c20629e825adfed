import { Controller, Inject } from '@nestjs/common';
import {
  requests,
  type BegunTransaction,
  type DataAnswer,
  type TypeDefinition,
  type VersionedAnswer,
} from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
import {
  ANSWER_DATA_REQUEST,
  ANSWER_VERSIONED,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  LIST_TYPES,
  type AnswerDataRequest,
  type AnswerVersioned,
  type BeginTransactionHandler,
  type DeclareTypeHandler,
  type ListTypes,
} from './data.tokens.ts';

/** The subjects that this service answers. */
@Controller()
export class DataRequests {
  readonly #answer: AnswerDataRequest;
  readonly #answerVersioned: AnswerVersioned;
  readonly #beginTransaction: BeginTransactionHandler;
  readonly #declareType: DeclareTypeHandler;
  readonly #listTypes: ListTypes;

  constructor(
    @Inject(ANSWER_DATA_REQUEST) answer: AnswerDataRequest,
    @Inject(ANSWER_VERSIONED) answerVersioned: AnswerVersioned,
    @Inject(BEGIN_TRANSACTION) beginTransaction: BeginTransactionHandler,
    @Inject(DECLARE_TYPE) declareType: DeclareTypeHandler,
    @Inject(LIST_TYPES) listTypes: ListTypes,
  ) {
    this.#answer = answer;
    this.#answerVersioned = answerVersioned;
    this.#beginTransaction = beginTransaction;
    this.#declareType = declareType;
    this.#listTypes = listTypes;
  }

  @OnRequest(requests.data)
  data(request: unknown): Promise<DataAnswer> {
    return this.#answer(request);
  }

  @OnRequest(requests.versioned)
  versioned(request: unknown): Promise<VersionedAnswer> {
    return this.#answerVersioned(request);
  }

  @OnRequest(requests.beginTransaction)
  beginTransaction(request: unknown): Promise<BegunTransaction> {
    return this.#beginTransaction(request);
  }

  @OnRequest(requests.declareType)
  declareType(request: unknown): Promise<TypeDefinition> {
    return this.#declareType(request);
  }

  @OnRequest(requests.listTypes)
  listTypes(): Promise<TypeDefinition[]> {
    return this.#listTypes();
  }
}
