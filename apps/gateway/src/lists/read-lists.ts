import {
  compileSchema,
  Failure,
  ListItemsQuerySchema,
  ListSearchSchema,
  type ListItem,
  type Page,
} from '@nightshift/contracts';
import type { Ledger, ListView } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';

type Deps = { ledger: Pick<Ledger, 'lists'> };
type Query = Record<string, string | string[] | undefined>;

const checkItems = compileSchema(ListItemsQuerySchema);
const checkSearch = compileSchema(ListSearchSchema);

const LIMIT_DEFAULT = 50;

/** @throws Failure `list.not_found` */
export const makeGetList =
  ({ ledger }: Deps) =>
  async (listId: string): Promise<ListView> => {
    const list = await ledger.lists.find(listId);
    if (list === undefined) throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
    return list;
  };

/** Lists, newest first. @throws Failure `request.invalid` */
export const makeSearchLists =
  ({ ledger }: Deps) =>
  (query: Query): Promise<Page<ListView>> => {
    const { limit = LIMIT_DEFAULT, cursor, ...filter } = checked(checkSearch, coerceQuery(query, ListSearchSchema));
    return ledger.lists.search(filter, limit, cursor);
  };

/** The items in order of their index. @throws Failure `list.not_found`, `request.invalid` */
export const makeGetListItems = (deps: Deps) => {
  const getList = makeGetList(deps);
  return async (listId: string, query: Query): Promise<Page<ListItem>> => {
    const given = checked(checkItems, coerceQuery(query, ListItemsQuerySchema));
    await getList(listId);
    const { status, limit = LIMIT_DEFAULT, cursor = 0 } = given;
    const { items, nextIndex } = await deps.ledger.lists.items(listId, status, limit, cursor);
    return { items, nextCursor: nextIndex === null ? null : String(nextIndex) };
  };
};
