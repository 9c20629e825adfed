import {
  compileSchema,
  Failure,
  SearchBodySchema,
  type ExplainedSearch,
  type SearchResult,
  type Thing,
  type VersionedAnswer,
} from '@nightshift/contracts';
import { Type } from 'typebox';
import { actsAs, originOf, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AskData, AskVersioned } from './ask-data.ts';

const checkFields = compileSchema(Type.Record(Type.String(), Type.Unknown()));
const checkSearch = compileSchema(SearchBodySchema);

/** What every change has: as whom, what it is known by, and what it begins. */
const changeOf = (asked: Asked) => ({
  ...actsAs(asked),
  ...(asked.effectKey !== undefined && { key: asked.effectKey }),
  origin: originOf(asked),
});

/** A thing that there is. `isChanged`: nothing was done, because it is not as it was read. */
export interface FoundThing extends VersionedAnswer {
  thing: Thing;
}

const found = (answer: VersionedAnswer, type: string, id: string): FoundThing => {
  if (answer.thing === null) throw new Failure('thing.not_found', { detail: `There is no ${type} ${id}` });
  return answer as FoundThing;
};

/** Things, as the data service keeps them. Each throws what the data service refuses with, and `thing.not_found`. */
export const makeThingHandlers = ({ askData, askVersioned }: { askData: AskData; askVersioned: AskVersioned }) => ({
  create: async (type: string, body: unknown, asked: Asked): Promise<FoundThing> => {
    const fields = checked(checkFields, body ?? {});
    return found(await askVersioned({ action: 'create', type, fields, ...changeOf(asked) }), type, '');
  },
  get: async (type: string, id: string, asked: Asked): Promise<FoundThing> =>
    found(await askVersioned({ action: 'get', type, id, ...actsAs(asked) }), type, id),
  /** @param ifVersion it is changed in one of these versions only; undefined: in any */
  change: async (
    { type, id, ifVersion }: { type: string; id: string; ifVersion: string[] | undefined },
    body: unknown,
    asked: Asked,
  ): Promise<FoundThing> => {
    const fields = checked(checkFields, body);
    return found(await askVersioned({ action: 'change', type, id, fields, ...changeOf(asked) }, ifVersion), type, id);
  },
  // A DELETE takes no key: to repeat it does no harm.
  remove: async (
    { type, id, ifVersion }: { type: string; id: string; ifVersion: string[] | undefined },
    asked: Asked,
  ): Promise<FoundThing> => {
    const request = { action: 'delete' as const, type, id, ...actsAs(asked), origin: originOf(asked) };
    return found(await askVersioned(request, ifVersion), type, id);
  },
  search: (type: string, body: unknown, asked: Asked): Promise<SearchResult | ExplainedSearch> =>
    askData({ action: 'search', type, search: checked(checkSearch, body ?? {}), ...actsAs(asked) }),
});

export type ThingHandlers = ReturnType<typeof makeThingHandlers>;
