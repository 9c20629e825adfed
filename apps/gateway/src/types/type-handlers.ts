import {
  compileSchema,
  DeclareTypeBodySchema,
  PrivacyBodySchema,
  requests,
  type DeclareType,
  type Page,
  type PrivacyRequest,
  type TypeDefinition,
  type TypePrivacy,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { checked } from '../door/checked.ts';

/** Changing a table with many rows takes a while. */
const DECLARE_TIMEOUT_MS = 60_000;
const LIST_TIMEOUT_MS = 10_000;

const checkBody = compileSchema(DeclareTypeBodySchema);
const checkPrivacy = compileSchema(PrivacyBodySchema);

export const makeTypeHandlers = ({ bus }: { bus: Pick<Bus, 'request'> }) => {
  const askPrivacy = (request: PrivacyRequest): Promise<TypePrivacy> =>
    bus.request(requests.privacy, request, { timeoutMs: LIST_TIMEOUT_MS, unavailable: 'data.unavailable' });
  return {
    /** Declares, changes or attaches a type. @throws Failure `request.invalid`, or what the data service refuses with */
    declare: (name: string, body: unknown): Promise<TypeDefinition> => {
      const declaration: DeclareType = { ...checked(checkBody, body), name };
      return bus.request(requests.declareType, declaration, {
        timeoutMs: DECLARE_TIMEOUT_MS,
        unavailable: 'data.unavailable',
      });
    },
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
