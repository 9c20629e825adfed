import { Controller, Inject } from '@nestjs/common';
import {
  requests,
  type BegunTransaction,
  type ChangeGap,
  type DataAnswer,
  type FileAnswer,
  type TypeDefinition,
  type TypePlan,
  type TypePrivacy,
  type VersionedAnswer,
} from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
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
  type AnswerDataRequest,
  type AnswerFileRequest,
  type AnswerVersioned,
  type BeginTransactionHandler,
  type DeclareTypeHandler,
  type DeleteTypeHandler,
  type FindUser,
  type IsUser,
  type ListGaps,
  type ListTypes,
  type PlanTypeHandler,
  type TypePrivacyHandler,
} from './data.tokens.ts';

/** The subjects that this service answers. */
@Controller()
export class DataRequests {
  readonly #answer: AnswerDataRequest;
  readonly #answerVersioned: AnswerVersioned;
  readonly #answerFile: AnswerFileRequest;
  readonly #beginTransaction: BeginTransactionHandler;
  readonly #declareType: DeclareTypeHandler;
  readonly #planType: PlanTypeHandler;
  readonly #deleteType: DeleteTypeHandler;
  readonly #listGaps: ListGaps;
  readonly #listTypes: ListTypes;
  readonly #privacy: TypePrivacyHandler;
  readonly #isUser: IsUser;
  readonly #findUser: FindUser;

  constructor(
    @Inject(ANSWER_DATA_REQUEST) answer: AnswerDataRequest,
    @Inject(ANSWER_VERSIONED) answerVersioned: AnswerVersioned,
    @Inject(ANSWER_FILE_REQUEST) answerFile: AnswerFileRequest,
    @Inject(BEGIN_TRANSACTION) beginTransaction: BeginTransactionHandler,
    @Inject(DECLARE_TYPE) declareType: DeclareTypeHandler,
    @Inject(PLAN_TYPE) planType: PlanTypeHandler,
    @Inject(DELETE_TYPE) deleteType: DeleteTypeHandler,
    @Inject(LIST_GAPS) listGaps: ListGaps,
    @Inject(LIST_TYPES) listTypes: ListTypes,
    @Inject(TYPE_PRIVACY) privacy: TypePrivacyHandler,
    @Inject(IS_USER) isUser: IsUser,
    @Inject(FIND_USER) findUser: FindUser,
  ) {
    this.#answer = answer;
    this.#answerVersioned = answerVersioned;
    this.#answerFile = answerFile;
    this.#beginTransaction = beginTransaction;
    this.#declareType = declareType;
    this.#planType = planType;
    this.#deleteType = deleteType;
    this.#listGaps = listGaps;
    this.#listTypes = listTypes;
    this.#privacy = privacy;
    this.#isUser = isUser;
    this.#findUser = findUser;
  }

  @OnRequest(requests.data)
  data(request: unknown): Promise<DataAnswer> {
    return this.#answer(request);
  }

  @OnRequest(requests.versioned)
  versioned(request: unknown): Promise<VersionedAnswer> {
    return this.#answerVersioned(request);
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

  @OnRequest(requests.planType)
  planType(request: unknown): Promise<TypePlan> {
    return this.#planType(request);
  }

  @OnRequest(requests.deleteType)
  deleteType(request: unknown): Promise<TypePlan> {
    return this.#deleteType(request);
  }

  @OnRequest(requests.changeGaps)
  listGaps(): Promise<ChangeGap[]> {
    return this.#listGaps();
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

  @OnRequest(requests.findUser)
  findUser(request: unknown): Promise<string | null> {
    return this.#findUser(request);
  }
}
