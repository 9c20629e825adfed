import {
  compileSchema,
  runStatuses,
  scheduleCriteria,
  WorkflowNameSchema,
  type Page,
  type RunView,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { Type } from 'typebox';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { readParameterCriteria } from '../schedules/read-parameter-criteria.ts';
import { readWhere } from './read-target.ts';

const { parameters: _, ...criteria } = scheduleCriteria;
const time = Type.Optional(Type.String({ format: 'date-time' }));
const id = Type.Optional(Type.String({ format: 'uuid' }));

const RunSearchSchema = Type.Object(
  {
    workflow: Type.Optional(WorkflowNameSchema),
    status: Type.Optional(Type.Enum([...runStatuses])),
    list: id,
    chain: id,
    parent: id,
    requestedAfter: time,
    requestedBefore: time,
    ...criteria,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: id,
  },
  { additionalProperties: false },
);
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
