import {
  compileSchema,
  DeclareTypeBodySchema,
  requests,
  type DeclareType,
  type Page,
  type TypeDefinition,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { checked } from '../door/checked.ts';

/** Changing a table with many rows takes a while. */
const DECLARE_TIMEOUT_MS = 60_000;
const LIST_TIMEOUT_MS = 10_000;

const checkBody = compileSchema(DeclareTypeBodySchema);

export const makeTypeHandlers = ({ bus }: { bus: Pick<Bus, 'request'> }) => ({
  /** Declares, changes or attaches a type. @throws Failure `request.invalid`, or what the data service refuses with */
  declare: (name: string, body: unknown): Promise<TypeDefinition> => {
    const declaration: DeclareType = { ...checked(checkBody, body), name };
    return bus.request(requests.declareType, declaration, {
      timeoutMs: DECLARE_TIMEOUT_MS,
      unavailable: 'data.unavailable',
    });
  },
  list: async (): Promise<Page<TypeDefinition>> => ({
    items: await bus.request(requests.listTypes, null, { timeoutMs: LIST_TIMEOUT_MS, unavailable: 'data.unavailable' }),
    nextCursor: null,
  }),
});

export type TypeHandlers = ReturnType<typeof makeTypeHandlers>;
