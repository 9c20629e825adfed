import {
  compileSchema,
  Failure,
  SearchBodySchema,
  type ExplainedSearch,
  type SearchResult,
  type Thing,
} from '@nightshift/contracts';
import { Type } from 'typebox';
import { actsAs, originOf, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AskData } from './ask-data.ts';

const checkFields = compileSchema(Type.Record(Type.String(), Type.Unknown()));
const checkSearch = compileSchema(SearchBodySchema);

/** What every change has: as whom, what it is known by, and what it begins. */
const changeOf = (asked: Asked) => ({
  ...actsAs(asked),
  ...(asked.effectKey !== undefined && { key: asked.effectKey }),
  origin: originOf(asked),
});

const found = (thing: Thing | null, type: string, id: string): Thing => {
  if (thing === null) throw new Failure('thing.not_found', { detail: `There is no ${type} ${id}` });
  return thing;
};

/** Things, as the data service keeps them. Each throws what the data service refuses with, and `thing.not_found`. */
export const makeThingHandlers = ({ askData }: { askData: AskData }) => ({
  create: (type: string, body: unknown, asked: Asked): Promise<Thing> =>
    askData({ action: 'create', type, fields: checked(checkFields, body ?? {}), ...changeOf(asked) }),
  get: async (type: string, id: string, asked: Asked): Promise<Thing> =>
    found(await askData({ action: 'get', type, id, ...actsAs(asked) }), type, id),
  change: async (type: string, id: string, body: unknown, asked: Asked): Promise<Thing> => {
    const fields = checked(checkFields, body);
    return found(await askData({ action: 'change', type, id, fields, ...changeOf(asked) }), type, id);
  },
  // A DELETE takes no key: to repeat it does no harm.
  remove: async (type: string, id: string, asked: Asked): Promise<Thing> =>
    found(await askData({ action: 'delete', type, id, ...actsAs(asked), origin: originOf(asked) }), type, id),
  search: (type: string, body: unknown, asked: Asked): Promise<SearchResult | ExplainedSearch> =>
    askData({ action: 'search', type, search: checked(checkSearch, body ?? {}), ...actsAs(asked) }),
});

export type ThingHandlers = ReturnType<typeof makeThingHandlers>;
