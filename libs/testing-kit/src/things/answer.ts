import { Failure, type DataAnswer, type DataRequest, type Origin, type Thing, type Where } from '@nightshift/contracts';
import { changedThing, newThing } from './change.ts';
import { searchThings } from './search.ts';
import type { Store } from './store.ts';
import { isFound } from './where.ts';

export interface AnswerDeps {
  now: () => Date;
  newId: () => string;
}

type Request = DataRequest extends infer One
  ? One extends unknown
    ? Omit<One, 'key' | 'origin' | 'as'>
    : never
  : never;

/** Reads or changes things, as the data service does. */
export type AnswerData = (store: Store, request: Request, origin: Origin, user?: string | null) => DataAnswer;

const chosen = (store: Store, type: string, { ids, where }: { ids?: string[]; where?: Where }): Thing[] =>
  ids
    ? ids.flatMap((id) => store.find(type, id) ?? [])
    : store.all(type).filter((thing) => isFound(store, type, thing, where));

/** @throws Failure as the data service does, for what it would refuse too */
export const makeAnswerData =
  ({ now, newId }: AnswerDeps): AnswerData =>
  (store, request, origin, user) => {
    const { type } = request;
    const create = (fields: Record<string, unknown>): Thing => {
      const thing = newThing(store, type, fields, { id: newId(), now: now(), createdBy: user ?? null });
      store.put(type, thing, origin);
      return thing;
    };
    const change = (thing: Thing, changes: Parameters<typeof changedThing>[3]): Thing => {
      const changed = changedThing(store, type, thing, changes, now());
      if (changed.updatedAt !== thing.updatedAt || JSON.stringify(changed) !== JSON.stringify(thing))
        store.put(type, changed, origin);
      return changed;
    };
    switch (request.action) {
      case 'get':
        return store.find(type, request.id) ?? null;
      case 'search':
        return searchThings(store, type, request.search);
      case 'create':
        return create(request.fields);
      case 'change': {
        const thing = store.find(type, request.id);
        return thing ? change(thing, request) : null;
      }
      case 'delete': {
        const thing = store.find(type, request.id) ?? null;
        store.remove(type, request.id, origin);
        return thing;
      }
      case 'changeList': {
        const things = chosen(store, type, request);
        for (const thing of things) change(thing, request);
        return { changed: things.length };
      }
      case 'deleteList': {
        const things = chosen(store, type, request);
        for (const { id } of things) store.remove(type, id, origin);
        return { deleted: things.length };
      }
      case 'copy': {
        const copies = chosen(store, type, request).map(
          ({ id: _, createdAt: __, updatedAt: ___, createdBy: ____, ...fields }) =>
            create({ ...fields, ...request.fields }),
        );
        return { copied: copies.length, ids: copies.map(({ id }) => id) };
      }
      default:
        throw new Failure('request.invalid', { detail: 'The testing kit does not know this request for things' });
    }
  };
