import { compileSchema, Failure, type Page, type RunView } from '@nightshift/contracts';
import type { Ledger, ListView } from '@nightshift/ledger';
import { Type } from 'typebox';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';

type Deps = { ledger: Pick<Ledger, 'lists' | 'runs'> };

const PageQuerySchema = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
);
const checkQuery = compileSchema(PageQuerySchema);

const LIMIT_DEFAULT = 50;

/** @throws Failure `list.not_found` */
export const makeGetList =
  ({ ledger }: Deps) =>
  async (listId: string): Promise<ListView> => {
    const list = await ledger.lists.find(listId);
    if (list === undefined) throw new Failure('list.not_found', { detail: `There is no list ${listId}` });
    return list;
  };

/** The runs of the items that have started, the last item first. @throws Failure `list.not_found`, `request.invalid` */
export const makeGetListItems = (deps: Deps) => {
  const getList = makeGetList(deps);
  return async (listId: string, query: Record<string, string | string[] | undefined>): Promise<Page<RunView>> => {
    const { limit = LIMIT_DEFAULT, cursor } = checked(checkQuery, coerceQuery(query, PageQuerySchema));
    await getList(listId);
    return deps.ledger.runs.search({ listId }, limit, cursor);
  };
};
