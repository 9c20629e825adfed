import { Controller, Inject } from '@nestjs/common';
import {
  requests,
  type BegunTransaction,
  type DataAnswer,
  type FileAnswer,
  type TypeDefinition,
} from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
import {
  ANSWER_DATA_REQUEST,
  ANSWER_FILE_REQUEST,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  LIST_TYPES,
  type AnswerDataRequest,
  type AnswerFileRequest,
  type BeginTransactionHandler,
  type DeclareTypeHandler,
  type ListTypes,
} from './data.tokens.ts';

/** The subjects that this service answers. */
@Controller()
export class DataRequests {
  readonly #answer: AnswerDataRequest;
  readonly #answerFile: AnswerFileRequest;
  readonly #beginTransaction: BeginTransactionHandler;
  readonly #declareType: DeclareTypeHandler;
  readonly #listTypes: ListTypes;

  constructor(
    @Inject(ANSWER_DATA_REQUEST) answer: AnswerDataRequest,
    @Inject(ANSWER_FILE_REQUEST) answerFile: AnswerFileRequest,
    @Inject(BEGIN_TRANSACTION) beginTransaction: BeginTransactionHandler,
    @Inject(DECLARE_TYPE) declareType: DeclareTypeHandler,
    @Inject(LIST_TYPES) listTypes: ListTypes,
  ) {
    this.#answer = answer;
    this.#answerFile = answerFile;
    this.#beginTransaction = beginTransaction;
    this.#declareType = declareType;
    this.#listTypes = listTypes;
  }

  @OnRequest(requests.data)
  data(request: unknown): Promise<DataAnswer> {
    return this.#answer(request);
  }

  @OnRequest(requests.files)
  files(request: unknown): Promise<FileAnswer> {
    return this.#answerFile(request);
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
