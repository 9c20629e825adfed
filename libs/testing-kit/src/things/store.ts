import { Failure, type ChangeKind, type Origin, type Thing, type TypeDefinition } from '@nightshift/contracts';

/** What happened to a thing. */
export interface ThingChange {
  readonly type: string;
  readonly kind: ChangeKind;
  readonly id: string;
  readonly before?: Thing;
  readonly now?: Thing;
  readonly changedFields: string[];
  readonly origin: Origin;
}

/** All things of all types, and what has happened to them that nobody has looked at. Things are never changed in place. */
export interface Store {
  type(name: string): TypeDefinition;
  /** In the order of their making. */
  all(type: string): Thing[];
  find(type: string, id: string): Thing | undefined;
  put(type: string, thing: Thing, origin: Origin): void;
  remove(type: string, id: string, origin: Origin): void;
  /** What was not taken before, oldest first. */
  takeChanges(): ThingChange[];
  /** The same things, on which changes are tried out. */
  fork(): Store;
  /** Makes what a fork has become come true. */
  adopt(fork: Store): void;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Things of one type by their ids; a `Map` keeps the order of their making. */
type Tables = Map<string, Map<string, Thing>>;

export const makeStore = (types: readonly TypeDefinition[]): Store =>
  open(new Map(types.map((one) => [one.name, one])));

const open = (types: ReadonlyMap<string, TypeDefinition>, from: Tables = new Map()): Store => {
  let tables = from;
  let changes: ThingChange[] = [];

  const type = (name: string): TypeDefinition => {
    const found = types.get(name);
    if (found === undefined) throw new Failure('type.not_found', { detail: `There is no type "${name}"` });
    return found;
  };
  const table = (name: string): Map<string, Thing> => {
    type(name);
    let found = tables.get(name);
    if (found === undefined) tables.set(name, (found = new Map()));
    return found;
  };

  return {
    type,
    all: (name) => [...table(name).values()],
    find: (name, id) => table(name).get(id),
    put: (name, thing, origin) => {
      const before = table(name).get(thing.id);
      table(name).set(thing.id, thing);
      const changedFields = before ? Object.keys(thing).filter((field) => !isSame(before[field], thing[field])) : [];
      changes.push({
        type: name,
        kind: before ? 'changed' : 'created',
        id: thing.id,
        ...(before && { before }),
        now: thing,
        changedFields: changedFields.filter((field) => field !== 'updatedAt'),
        origin,
      });
    },
    remove: (name, id, origin) => {
      const before = table(name).get(id);
      if (before === undefined) return;
      table(name).delete(id);
      changes.push({ type: name, kind: 'deleted', id, before, changedFields: [], origin });
    },
    takeChanges: () => {
      const taken = changes;
      changes = [];
      return taken;
    },
    fork: () => open(types, new Map([...tables].map(([name, things]) => [name, new Map(things)]))),
    adopt: (fork) => {
      changes.push(...fork.takeChanges());
      tables = new Map(
        [...types.keys()].map((name) => [name, new Map(fork.all(name).map((thing) => [thing.id, thing]))]),
      );
    },
  };
};
