import { Failure, type Aggregate, type SearchBody, type SearchResult, type Thing } from '@nightshift/contracts';
import type { Store } from './store.ts';
import { isFound } from './where.ts';

const LIMIT = 100;

/** The value at `project.owner.name`, over references. */
const valueAt = (store: Store, type: string, thing: Thing, path: string): unknown => {
  const [field = '', ...rest] = path.split('.');
  const value = thing[field];
  if (rest.length === 0) return value;
  const target = store.type(type).fields[field]?.type;
  const next = target === undefined ? undefined : store.find(target, String(value));
  return next === undefined ? undefined : valueAt(store, target!, next, rest.join('.'));
};

const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  // What is absent comes last.
  if (a === undefined || a === null) return 1;
  if (b === undefined || b === null) return -1;
  return (a as number) < (b as number) ? -1 : 1;
};

const inOrder = (store: Store, type: string, things: Thing[], sort: readonly string[] = []): Thing[] =>
  things.sort((a, b) => {
    for (const key of sort) {
      const path = key.replace(/^-/, '');
      const order = compare(valueAt(store, type, a, path), valueAt(store, type, b, path));
      if (order !== 0) return key.startsWith('-') ? -order : order;
    }
    return 0;
  });

const aggregated = (store: Store, type: string, things: readonly Thing[], aggregate: Aggregate): unknown => {
  const [[how, path] = ['count', '']] = Object.entries(aggregate) as [string, string][];
  if (how === 'count') return things.length;
  const values = things
    .map((thing) => valueAt(store, type, thing, path))
    .filter((value) => value !== null && value !== undefined);
  if (values.length === 0) return how === 'sum' ? 0 : null;
  if (how === 'min' || how === 'max') return values.sort(compare).at(how === 'min' ? 0 : -1);
  const sum = (values as number[]).reduce((total, value) => total + value, 0);
  return how === 'sum' ? sum : sum / values.length;
};

/** A page of the things that a search finds, and what they come to. @throws Failure `search.invalid` for what the kit cannot find by */
export const searchThings = (store: Store, type: string, search: SearchBody): SearchResult => {
  const { where, sort, limit = LIMIT, cursor, count, aggregates } = search;
  if (search.search !== undefined || search.explain)
    throw new Failure('search.invalid', { detail: 'The testing kit has no full text search, and explains nothing' });
  const found = store.all(type).filter((thing) => isFound(store, type, thing, where));
  const from = cursor === undefined ? 0 : Number(cursor);
  const items = inOrder(store, type, found, sort).slice(from, from + limit);
  const isMore = from + limit < found.length;
  return {
    items,
    nextCursor: isMore ? String(from + limit) : null,
    ...(count && { count: found.length }),
    ...(aggregates && {
      aggregates: Object.fromEntries(
        Object.entries(aggregates).map(([name, one]) => [name, aggregated(store, type, found, one)]),
      ),
    }),
  };
};
