import {
  compileSchema,
  Failure,
  SearchBodySchema,
  type ExplainedSearch,
  type SearchResult,
  type Thing,
} from '@nightshift/contracts';
import { Type } from 'typebox';
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AskData } from './ask-data.ts';

const checkFields = compileSchema(Type.Record(Type.String(), Type.Unknown()));
const checkSearch = compileSchema(SearchBodySchema);

/** A change through the API starts a chain of causes. */
const origin = { depth: 0, actor: 'api' };

const keyOf = ({ effectKey }: Asked): { key?: string } => (effectKey === undefined ? {} : { key: effectKey });

const found = (thing: Thing | null, type: string, id: string): Thing => {
  if (thing === null) throw new Failure('thing.not_found', { detail: `There is no ${type} ${id}` });
  return thing;
};

/** Things, as the data service keeps them. Each throws what the data service refuses with, and `thing.not_found`. */
export const makeThingHandlers = ({ askData }: { askData: AskData }) => ({
  create: (type: string, body: unknown, asked: Asked): Promise<Thing> =>
    askData({ action: 'create', type, fields: checked(checkFields, body ?? {}), ...keyOf(asked), origin }),
  get: async (type: string, id: string): Promise<Thing> => found(await askData({ action: 'get', type, id }), type, id),
  change: async (type: string, id: string, body: unknown, asked: Asked): Promise<Thing> => {
    const fields = checked(checkFields, body);
    return found(await askData({ action: 'change', type, id, fields, ...keyOf(asked), origin }), type, id);
  },
  remove: async (type: string, id: string): Promise<Thing> =>
    found(await askData({ action: 'delete', type, id, origin }), type, id),
  search: (type: string, body: unknown): Promise<SearchResult | ExplainedSearch> =>
    askData({ action: 'search', type, search: checked(checkSearch, body ?? {}) }),
});

export type ThingHandlers = ReturnType<typeof makeThingHandlers>;
