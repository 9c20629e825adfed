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
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AskData, AskVersioned } from './ask-data.ts';

const checkFields = compileSchema(Type.Record(Type.String(), Type.Unknown()));
const checkSearch = compileSchema(SearchBodySchema);

/** A change through the API starts a chain of causes. */
const origin = { depth: 0, actor: 'api' };

const keyOf = ({ effectKey }: Asked): { key?: string } => (effectKey === undefined ? {} : { key: effectKey });

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
    return found(await askVersioned({ action: 'create', type, fields, ...keyOf(asked), origin }), type, '');
  },
  get: async (type: string, id: string): Promise<FoundThing> =>
    found(await askVersioned({ action: 'get', type, id }), type, id),
  /** @param ifVersion it is changed in one of these versions only; undefined: in any */
  change: async (
    { type, id, ifVersion }: { type: string; id: string; ifVersion: string[] | undefined },
    body: unknown,
    asked: Asked,
  ): Promise<FoundThing> => {
    const fields = checked(checkFields, body);
    return found(
      await askVersioned({ action: 'change', type, id, fields, ...keyOf(asked), origin }, ifVersion),
      type,
      id,
    );
  },
  remove: async (type: string, id: string, ifVersion: string[] | undefined): Promise<FoundThing> =>
    found(await askVersioned({ action: 'delete', type, id, origin }, ifVersion), type, id),
  search: (type: string, body: unknown): Promise<SearchResult | ExplainedSearch> =>
    askData({ action: 'search', type, search: checked(checkSearch, body ?? {}) }),
});

export type ThingHandlers = ReturnType<typeof makeThingHandlers>;
