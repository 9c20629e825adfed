import {
  compileSchema,
  DeclareTypeBodySchema,
  DeclareTypeQuerySchema,
  DeleteTypeQuerySchema,
  PrivacyBodySchema,
  requests,
  type DeclareType,
  type DeleteType,
  type Page,
  type PrivacyRequest,
  type TypeDefinition,
  type TypePlan,
  type TypePrivacy,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';

/** Changing a table with many rows takes a while. */
const CHANGE_TIMEOUT_MS = 60_000;
const LIST_TIMEOUT_MS = 10_000;

const checkBody = compileSchema(DeclareTypeBodySchema);
const checkPrivacy = compileSchema(PrivacyBodySchema);
const checkDeclareQuery = compileSchema(DeclareTypeQuerySchema);
const checkDeleteQuery = compileSchema(DeleteTypeQuerySchema);

export const makeTypeHandlers = ({ bus }: { bus: Pick<Bus, 'request'> }) => {
  const change = <Answer>(subject: string, request: DeclareType | DeleteType): Promise<Answer> =>
    bus.request<Answer>(subject, request, { timeoutMs: CHANGE_TIMEOUT_MS, unavailable: 'data.unavailable' });
  const askPrivacy = (request: PrivacyRequest): Promise<TypePrivacy> =>
    bus.request(requests.privacy, request, { timeoutMs: LIST_TIMEOUT_MS, unavailable: 'data.unavailable' });
  return {
    /**
     * Declares, changes, renames or attaches a type; with `dryRun` says what that would do.
     * @throws Failure `request.invalid`, or what the data service refuses with
     */
    declare: async (name: string, body: unknown, query: HttpRequest['query']): Promise<TypeDefinition | TypePlan> => {
      const { dryRun = false } = checked(checkDeclareQuery, coerceQuery(query, DeclareTypeQuerySchema));
      const declaration: DeclareType = { ...checked(checkBody, body), name };
      return change<TypeDefinition | TypePlan>(dryRun ? requests.planType : requests.declareType, declaration);
    },
    /**
     * Deletes a type and its things, or lets go of an attached table; with `dryRun` only says so.
     * @throws Failure `request.invalid`, or what the data service refuses with
     */
    remove: async (name: string, query: HttpRequest['query']): Promise<TypePlan> =>
      change<TypePlan>(requests.deleteType, {
        ...checked(checkDeleteQuery, coerceQuery(query, DeleteTypeQuerySchema)),
        name,
      }),
    list: async (): Promise<Page<TypeDefinition>> => ({
      items: await bus.request(requests.listTypes, null, {
        timeoutMs: LIST_TIMEOUT_MS,
        unavailable: 'data.unavailable',
      }),
      nextCursor: null,
    }),
    /** The privacy rules of a type. @throws Failure `type.not_found`, `data.unavailable` */
    privacy: (type: string): Promise<TypePrivacy> => askPrivacy({ type }),
    /** Puts other rules in their place. @throws Failure `request.invalid`, `privacy.invalid`, `type.not_found`, `data.unavailable` */
    setPrivacy: (type: string, body: unknown): Promise<TypePrivacy> =>
      askPrivacy({ type, ...checked(checkPrivacy, body) }),
  };
};

export type TypeHandlers = ReturnType<typeof makeTypeHandlers>;
