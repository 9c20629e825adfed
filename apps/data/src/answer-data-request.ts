import { compileSchema, DataRequestSchema, Failure, type DataAnswer, type DataRequest } from '@nightshift/contracts';
import type { StoredType } from './catalog/stored-type.ts';
import type { TypeCatalog } from './catalog/type-catalog.ts';
import { isOutdated } from './database/postgres-error.ts';
import { seenType } from './privacy/filtered-source.ts';
import { readerOf } from './privacy/reader-of.ts';
import { searchThings } from './search/search-things.ts';
import { makeNewReading, type NewReading } from './search/source.ts';
import type { Workplace } from './things/apply-change.ts';
import { UnknownFieldFailure } from './things/check-fields.ts';
import { readThing } from './things/read-thing.ts';
import { writeThing } from './things/write-thing.ts';
import { writeThings } from './things/write-things.ts';

const check = compileSchema(DataRequestSchema);

export interface AnswerSettings {
  /** Postgres' text search configuration. */
  readonly searchLanguage: string;
  /** What users are things of. */
  readonly userType: string;
}

/** @throws Failure `request.invalid` */
export const checkDataRequest = (input: unknown): DataRequest => {
  const checked = check(input);
  if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
  return checked.value as DataRequest;
};

/**
 * Answers one request. When the type seems to have changed since it was read, it is read again and the request tried once more; in a
 * transaction only as long as the database has not refused anything, which it takes for the end.
 */
export const answerDataRequest = async (
  catalog: TypeCatalog,
  workplace: Workplace,
  request: DataRequest,
  { userType, searchLanguage }: AnswerSettings,
): Promise<DataAnswer> => {
  const attempt = async (): Promise<DataAnswer> => {
    const reader = await readerOf(workplace.run, catalog, userType, request.as);
    const type = await catalog.find(request.type);
    return perform(workplace, type, request, makeNewReading(catalog.known, searchLanguage, reader));
  };
  try {
    return await attempt();
  } catch (error) {
    const isRefused = isOutdated(error);
    if (!isRefused && !isMistaken(error)) throw error;
    await (isRefused || error instanceof UnknownFieldFailure ? catalog.reload() : catalog.reloadSoon());
    if (isRefused && workplace.isTransaction) {
      throw new Failure('transaction.lost', {
        detail: `The type ${request.type} was changed in the meantime.`,
        cause: error,
      });
    }
    return attempt();
  }
};

const perform = (
  workplace: Workplace,
  type: StoredType,
  request: DataRequest,
  newReading: NewReading,
): Promise<DataAnswer> => {
  switch (request.action) {
    case 'get':
      return readThing(workplace.run, type, request.id, newReading);
    case 'search':
      return searchThings(workplace.run, typeFor(type, newReading), request.search, newReading);
    case 'create':
    case 'change':
    case 'delete':
      return writeThing(workplace, type, request, newReading);
    case 'changeList':
    case 'deleteList':
    case 'copy':
      return writeThings(workplace, type, request, newReading);
  }
};

const typeFor = (type: StoredType, newReading: NewReading): StoredType =>
  newReading().reader === undefined ? type : seenType(type);

/** Whether the request was refused for what it says, before the database was asked: it may fit the type as it is by now. */
const isMistaken = (error: unknown): boolean =>
  error instanceof Failure &&
  error.cause === undefined &&
  (error.code === 'thing.invalid' || error.code === 'search.invalid');
