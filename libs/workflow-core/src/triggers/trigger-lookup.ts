import type { ChangeKind } from '@nightshift/contracts';
import type { ChangeView } from './change-view.ts';
import type { CompiledTrigger } from './compile-triggers.ts';
import { placeOfPath, undecided, valueAt, type ChangedNeed, type Literal, type Need, type ValueNeed } from './needs.ts';

/** Something with a trigger, known by what the trigger needs. */
export interface Watcher {
  readonly compiled: CompiledTrigger;
}

/**
 * Finds the triggers that a change can meet without looking at the others. What it leaves out is certainly not met. Adding and removing
 * cost the same however many there are.
 */
export interface TriggerLookup<W extends Watcher> {
  add(watcher: W): void;
  remove(watcher: W): void;
  /** Each once, in no order. */
  candidates(change: ChangeView, per?: CompiledTrigger['per']): W[];
  /** How many watch changes of this type and kind, whether one can meet them or not. */
  count(type: string, kind: ChangeKind, per?: CompiledTrigger['per']): number;
}

export const makeTriggerLookup = <W extends Watcher>(): TriggerLookup<W> => {
  const rooms = new Map<string, Room<W>>();

  const roomsOf = function* ({ compiled }: W): Generator<Room<W>> {
    for (const kind of compiled.kinds) {
      const name = roomName(compiled.type, kind, compiled.per);
      let room = rooms.get(name);
      if (!room) rooms.set(name, (room = makeRoom<W>(kind)));
      yield room;
    }
  };

  return {
    add: (watcher) => {
      for (const room of roomsOf(watcher)) room.add(watcher);
    },
    remove: (watcher) => {
      for (const room of roomsOf(watcher)) room.remove(watcher);
    },
    candidates: (change, per) => {
      const found: W[] = [];
      for (const one of pers)
        if (per === undefined || per === one) rooms.get(roomName(change.type, change.kind, one))?.find(change, found);
      return found;
    },
    count: (type, kind, per) =>
      pers.reduce(
        (sum, one) =>
          sum + (per === undefined || per === one ? (rooms.get(roomName(type, kind, one))?.size() ?? 0) : 0),
        0,
      ),
  };
};

const pers: readonly CompiledTrigger['per'][] = ['change', 'transaction'];

const roomName = (type: string, kind: ChangeKind, per: CompiledTrigger['per']): string => `${per} ${kind} ${type}`;

/** The triggers of one type and kind. */
interface Room<W> {
  add(watcher: W): void;
  remove(watcher: W): void;
  find(change: ChangeView, found: W[]): void;
  size(): number;
}

/** The triggers that need some value at a path. */
interface PathShelf<W> {
  readonly path: readonly string[];
  readonly byValue: Map<Literal, Set<W>>;
  readonly all: Set<W>;
}

const makeRoom = <W extends Watcher>(kind: ChangeKind): Room<W> => {
  const shelves = new Map<string, PathShelf<W>>();
  const byField = new Map<string, Set<W>>();
  const always = new Set<W>();
  /** By which of its needs each is found; null: by none. */
  const places = new Map<W, Need | null>();

  const bucketsOf = (need: Need): (Set<W> | undefined)[] => {
    if (need.of === 'changed') return [...need.fields].map((field) => byField.get(field));
    const shelf = shelves.get(placeOfPath(need.path));
    return [...need.values].map((value) => shelf?.byValue.get(value));
  };

  /** The need that the fewest others share so far: tenants rather than the state that all of them wait for. */
  const rarest = (needs: readonly Need[]): Need | null => {
    let best: Need | null = null;
    let fewest = Infinity;
    for (const need of needs) {
      const shared = bucketsOf(need).reduce((sum, bucket) => sum + (bucket?.size ?? 0), 0);
      if (shared < fewest) [best, fewest] = [need, shared];
    }
    return best;
  };

  const putByValue = ({ path, values }: ValueNeed, watcher: W): void => {
    const place = placeOfPath(path);
    let shelf = shelves.get(place);
    if (!shelf) shelves.set(place, (shelf = { path, byValue: new Map(), all: new Set() }));
    shelf.all.add(watcher);
    for (const value of values) put(shelf.byValue, value, watcher);
  };

  const takeByValue = ({ path, values }: ValueNeed, watcher: W): void => {
    const place = placeOfPath(path);
    const shelf = shelves.get(place);
    if (!shelf) return;
    shelf.all.delete(watcher);
    for (const value of values) take(shelf.byValue, value, watcher);
    if (shelf.all.size === 0) shelves.delete(place);
  };

  return {
    add: (watcher) => {
      const { compiled } = watcher;
      const fields: ChangedNeed | undefined =
        compiled.fields && kind === 'changed' ? { of: 'changed', fields: compiled.fields } : undefined;
      const need = rarest([...compiled.needs.filter((one) => !isOfKind(one)), ...(fields ? [fields] : [])]);
      const isPossible = compiled.needs.every((one) => !isOfKind(one) || one.values.has(kind));
      if (!isPossible || places.has(watcher)) return;
      places.set(watcher, need);
      if (need === null) always.add(watcher);
      else if (need.of === 'value') putByValue(need, watcher);
      else for (const field of need.fields) put(byField, field, watcher);
    },
    remove: (watcher) => {
      const need = places.get(watcher);
      if (need === undefined) return;
      places.delete(watcher);
      if (need === null) always.delete(watcher);
      else if (need.of === 'value') takeByValue(need, watcher);
      else for (const field of need.fields) take(byField, field, watcher);
    },
    find: (change, found) => {
      found.push(...always);
      for (const { path, byValue, all } of shelves.values()) {
        const value = valueAt(path, change);
        const fitting = value === undecided ? all : byValue.get(value as Literal);
        if (fitting) found.push(...fitting);
      }
      if (byField.size > 0) found.push(...ofFields(change.changedFields));
    },
    size: () => places.size,
  };

  /** One that watches several fields is found once. */
  function ofFields(changedFields: readonly string[]): Iterable<W> {
    const buckets = changedFields.map((field) => byField.get(field)).filter((bucket) => bucket !== undefined);
    return buckets.length < 2 ? (buckets[0] ?? []) : new Set(buckets.flatMap((bucket) => [...bucket]));
  }
};

const isOfKind = (need: Need): need is ValueNeed => need.of === 'value' && need.path[0] === 'kind';

const put = <K, W>(buckets: Map<K, Set<W>>, key: K, watcher: W): void => {
  const bucket = buckets.get(key);
  if (bucket) bucket.add(watcher);
  else buckets.set(key, new Set([watcher]));
};

const take = <K, W>(buckets: Map<K, Set<W>>, key: K, watcher: W): void => {
  const bucket = buckets.get(key);
  if (bucket?.delete(watcher) && bucket.size === 0) buckets.delete(key);
};
