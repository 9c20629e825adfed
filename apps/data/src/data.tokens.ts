import type { BegunTransaction, DataAnswer, TypeDefinition, TypePrivacy } from '@nightshift/contracts';

/** What answers the requests; providers are found by these, so that handlers do not know Nest. */
export const ANSWER_DATA_REQUEST = Symbol('answer data request');
export const BEGIN_TRANSACTION = Symbol('begin transaction');
export const DECLARE_TYPE = Symbol('declare type');
export const LIST_TYPES = Symbol('list types');
export const TYPE_PRIVACY = Symbol('type privacy');
export const IS_USER = Symbol('is user');

export type AnswerDataRequest = (input: unknown) => Promise<DataAnswer>;
export type BeginTransactionHandler = (input: unknown) => Promise<BegunTransaction>;
export type DeclareTypeHandler = (input: unknown) => Promise<TypeDefinition>;
export type ListTypes = () => Promise<TypeDefinition[]>;
export type TypePrivacyHandler = (input: unknown) => Promise<TypePrivacy>;
export type IsUser = (input: unknown) => Promise<boolean>;
