import type {
  BegunTransaction,
  ChangeGap,
  DataAnswer,
  FileAnswer,
  TypeDefinition,
  TypePlan,
  TypePrivacy,
  VersionedAnswer,
} from '@nightshift/contracts';

/** What answers the requests; providers are found by these, so that handlers do not know Nest. */
export const ANSWER_DATA_REQUEST = Symbol('answer data request');
export const ANSWER_VERSIONED = Symbol('answer versioned request');
export const BEGIN_TRANSACTION = Symbol('begin transaction');
export const DECLARE_TYPE = Symbol('declare type');
export const ANSWER_FILE_REQUEST = Symbol('answer file request');
export const PLAN_TYPE = Symbol('plan type');
export const DELETE_TYPE = Symbol('delete type');
export const LIST_GAPS = Symbol('list gaps');
export const LIST_TYPES = Symbol('list types');
export const TYPE_PRIVACY = Symbol('type privacy');
export const FIND_USER = Symbol('find user');
export const IS_USER = Symbol('is user');

export type AnswerDataRequest = (input: unknown) => Promise<DataAnswer>;
export type AnswerVersioned = (input: unknown) => Promise<VersionedAnswer>;
export type AnswerFileRequest = (input: unknown) => Promise<FileAnswer>;
export type BeginTransactionHandler = (input: unknown) => Promise<BegunTransaction>;
export type DeclareTypeHandler = (input: unknown) => Promise<TypeDefinition>;
export type PlanTypeHandler = (input: unknown) => Promise<TypePlan>;
export type DeleteTypeHandler = (input: unknown) => Promise<TypePlan>;
export type ListGaps = () => Promise<ChangeGap[]>;
export type ListTypes = () => Promise<TypeDefinition[]>;
export type TypePrivacyHandler = (input: unknown) => Promise<TypePrivacy>;
export type FindUser = (input: unknown) => Promise<string | null>;
export type IsUser = (input: unknown) => Promise<boolean>;
