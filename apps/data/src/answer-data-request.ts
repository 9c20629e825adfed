import { compileSchema, DataRequestSchema, Failure, type DataAnswer, type DataRequest } from '@nightshift/contracts';
import type { StoredType } from './catalog/stored-type.ts';
import type { TypeCatalog } from './catalog/type-catalog.ts';
import { isAway, isPostgresError, sqlState } from './database/postgres-error.ts';
import type { RunStatement } from './database/row-statement.ts';
import type { makeSearchThings } from './search/search-things.ts';
import { UnknownFieldFailure } from './things/check-fields.ts';
import { readThing } from './things/read-thing.ts';
import type { makeWriteThing } from './things/write-thing.ts';

export interface AnswerDataRequestDeps {
  catalog: TypeCatalog;
  run: RunStatement;
  writeThing: ReturnType<typeof makeWriteThing>;
  searchThings: ReturnType<typeof makeSearchThings>;
}

const checkRequest = compileSchema(DataRequestSchema);

/** Answers one `DataRequest`. When the type seems to have changed since it was read, it is read again and the request tried once more. */
export const makeAnswerDataRequest =
  (deps: AnswerDataRequestDeps) =>
  async (input: unknown): Promise<DataAnswer> => {
    const checked = checkRequest(input);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    const request = checked.value;
    try {
      return await perform(deps, await deps.catalog.find(request.type), request);
    } catch (error) {
      if (!mayBeOutdated(error)) throw error;
      await deps.catalog.reload();
      return perform(deps, await deps.catalog.find(request.type), request);
    }
  };

const perform = (deps: AnswerDataRequestDeps, type: StoredType, request: DataRequest): Promise<DataAnswer> => {
  switch (request.action) {
    case 'get':
      return readThing(deps.run, type, request.id).catch((error: unknown) => {
        throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
      });
    case 'search':
      return deps.searchThings(type, request.search);
    default:
      return deps.writeThing(type, request);
  }
};

const mayBeOutdated = (error: unknown): boolean =>
  error instanceof UnknownFieldFailure ||
  (isPostgresError(error) && (error.code === sqlState.undefinedColumn || error.code === sqlState.undefinedTable));
