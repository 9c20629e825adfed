import { compileSchema, RunSearchSchema, type Page, type RunView } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { readParameterCriteria } from '../schedules/read-parameter-criteria.ts';
import { readWhere } from './read-target.ts';

const check = compileSchema(RunSearchSchema);

const LIMIT_DEFAULT = 50;

/** Runs, newest first, that fit every criterion of the query. @throws Failure `request.invalid` */
export const makeSearchRuns =
  ({ ledger }: { ledger: Pick<Ledger, 'runs'> }) =>
  (given: Record<string, string | string[] | undefined>): Promise<Page<RunView>> => {
    const { query, parameters } = readParameterCriteria(given);
    const {
      list: listId,
      chain: chainId,
      parent: parentRunId,
      limit = LIMIT_DEFAULT,
      cursor,
      ...filter
    } = checked(check, coerceQuery(query, RunSearchSchema));
    return ledger.runs.search(
      {
        ...readWhere(filter),
        ...(parameters.length > 0 && { parameters }),
        listId,
        chainId,
        parentRunId,
      },
      limit,
      cursor,
    );
  };
