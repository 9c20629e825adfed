import { Controller, Inject } from '@nestjs/common';
import {
  requests,
  type BegunTransaction,
  type DataAnswer,
  type TypeDefinition,
  type TypePrivacy,
} from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
import {
  ANSWER_DATA_REQUEST,
  BEGIN_TRANSACTION,
  DECLARE_TYPE,
  IS_USER,
  LIST_TYPES,
  TYPE_PRIVACY,
  type AnswerDataRequest,
  type BeginTransactionHandler,
  type DeclareTypeHandler,
  type IsUser,
  type ListTypes,
  type TypePrivacyHandler,
} from './data.tokens.ts';

/** The subjects that this service answers. */
@Controller()
export class DataRequests {
  readonly #answer: AnswerDataRequest;
  readonly #beginTransaction: BeginTransactionHandler;
  readonly #declareType: DeclareTypeHandler;
  readonly #listTypes: ListTypes;
  readonly #privacy: TypePrivacyHandler;
  readonly #isUser: IsUser;

  constructor(
    @Inject(ANSWER_DATA_REQUEST) answer: AnswerDataRequest,
    @Inject(BEGIN_TRANSACTION) beginTransaction: BeginTransactionHandler,
    @Inject(DECLARE_TYPE) declareType: DeclareTypeHandler,
    @Inject(LIST_TYPES) listTypes: ListTypes,
    @Inject(TYPE_PRIVACY) privacy: TypePrivacyHandler,
    @Inject(IS_USER) isUser: IsUser,
  ) {
    this.#answer = answer;
    this.#beginTransaction = beginTransaction;
    this.#declareType = declareType;
    this.#listTypes = listTypes;
    this.#privacy = privacy;
    this.#isUser = isUser;
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

  @OnRequest(requests.listTypes)
  listTypes(): Promise<TypeDefinition[]> {
    return this.#listTypes();
  }

  @OnRequest(requests.privacy)
  privacy(request: unknown): Promise<TypePrivacy> {
    return this.#privacy(request);
  }

  @OnRequest(requests.isUser)
  isUser(request: unknown): Promise<boolean> {
    return this.#isUser(request);
  }
}
