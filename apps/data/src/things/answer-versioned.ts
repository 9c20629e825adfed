import {
  compileSchema,
  Failure,
  VersionedRequestSchema,
  type DataAnswer,
  type DataRequest,
  type Thing,
  type VersionedAnswer,
} from '@nightshift/contracts';
import type pg from 'pg';
import { checkDataRequest } from '../answer-data-request.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { versionOf } from '../catalog/thing-version.ts';
import { isAway } from '../database/postgres-error.ts';
import { quoteName, quoteTable } from '../database/quote.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { inTransaction } from '../database/transaction.ts';
import type { Workplace } from './apply-change.ts';
import { readKeptAnswer } from './kept-answer.ts';
import { canBeId } from './read-thing.ts';
import { thingFailure } from './thing-failure.ts';

export interface AnswerVersionedDeps {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  catalog: TypeCatalog;
  workplace: Workplace;
  answer: (workplace: Workplace, request: DataRequest) => Promise<DataAnswer>;
}

const check = compileSchema(VersionedRequestSchema);

type Conditional = Extract<DataRequest, { action: 'change' | 'delete' }>;

/**
 * Answers a request about one thing with its version too. With `ifVersion` the thing is locked and looked at first, in the transaction that
 * then changes it: of those who have read the same version only one succeeds.
 * @throws Failure `request.invalid`, and what the request itself is refused with
 */
export const makeAnswerVersioned = ({ pool, runOn, catalog, workplace, answer }: AnswerVersionedDeps) => {
  const answered = async (place: Workplace, request: DataRequest): Promise<VersionedAnswer> => {
    const thing = (await answer(place, request)) as Thing | null;
    return { thing, version: thing === null ? null : (versionOf(thing) ?? null) };
  };

  const changeIf = async (request: Conditional, versions: readonly string[]): Promise<VersionedAnswer> => {
    const { key, id } = request;
    const type = await catalog.find(request.type);
    if (!canBeId(type, id)) return { thing: null, version: null };
    // A repeat finds the thing in the version that the first one made.
    const wasDone = async (): Promise<boolean> =>
      key !== undefined && (await readKeptAnswer(workplace.run, key)) !== undefined;
    if (await wasDone()) return answered(workplace, request);
    try {
      return await inTransaction(pool, async (client) => {
        const run = runOn(client);
        const [row] = await run(
          `SELECT t.xmin::text FROM ${quoteTable(type.name)} AS t WHERE t.${quoteName('id')} = $1::${type.id.sqlType} FOR UPDATE`,
          [id],
        );
        const isAsRead = row !== undefined && versions.includes(row[0]!);
        const place: Workplace = { ...workplace, run, isTransaction: true };
        if (isAsRead) return answered(place, request);
        // As the asker may see it, or not at all.
        const found = await answered(place, { ...request, action: 'get' } as DataRequest);
        return found.thing === null ? found : { ...found, isChanged: true };
      });
    } catch (error) {
      if (await wasDone().catch(() => false)) return answered(workplace, request);
      throw await thingFailure(pool, type.name, error);
    }
  };

  return async (input: unknown): Promise<VersionedAnswer> => {
    const checked = check(input);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    const { ifVersion } = checked.value;
    const request = checkDataRequest(checked.value.request);
    if (!('id' in request || request.action === 'create')) throw new Failure('request.invalid');
    try {
      if (ifVersion === undefined || (request.action !== 'change' && request.action !== 'delete'))
        return await answered(workplace, request);
      return await changeIf(request, ifVersion);
    } catch (error) {
      throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
    }
  };
};
