import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BeginExportSchema,
  compileSchema,
  EXPORT_IDLE_MS,
  ExportPageRequestSchema,
  Failure,
  type ExportBody,
  type ExportPage,
} from '@nightshift/contracts';
import type pg from 'pg';
import type { StoredType } from '../catalog/stored-type.ts';
import type { AnswerSettings } from '../answer-data-request.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { seenType } from '../privacy/filtered-source.ts';
import { readerOf } from '../privacy/reader-of.ts';
import { makeNewReading, type Reading } from '../search/source.ts';
import type { Places } from '../transactions/places.ts';
import { openCursor, type ExportCursor, type Page } from './export-cursor.ts';

/** Hears the requests for pages of one export until it is closed. */
export type ServeExport = (
  exportId: string,
  handle: (request: unknown) => Promise<ExportPage | null>,
) => { close(): Promise<void> };

export interface ExportsDeps {
  pool: pg.Pool;
  runOn: (db: pg.Pool | pg.PoolClient) => RunStatement;
  catalog: TypeCatalog;
  /** How many may be open here: each holds a connection. */
  places: Places;
  serve: ServeExport;
  /** Of one statement: the first page of a sorted export comes when everything has been sorted. */
  timeoutMs: number;
  settings: AnswerSettings;
}

/** The exports that live in this replica. */
export interface Exports {
  /** @throws Failure `request.invalid`, `type.not_found`, `search.invalid`, `data.unavailable` also when too many are open */
  begin(input: unknown): Promise<{ exportId: string }>;
  /** Gives up what is open. */
  close(): Promise<void>;
}

const checkBegin = compileSchema(BeginExportSchema);
const checkPage = compileSchema(ExportPageRequestSchema);

/** Shorter than anybody waits for an answer, so that who asks can tell a page that is not ready from a service that is not there. */
const READY_WITHIN_MS = 2_000;
/** How long the last page can be asked for again. */
const FAREWELL_MS = 10_000;

export const makeExports = ({ pool, runOn, catalog, places, serve, timeoutMs, settings }: ExportsDeps): Exports => {
  const ends = new Set<() => Promise<void>>();

  const connect = async (
    type: StoredType,
    body: ExportBody,
    reading: Reading,
  ): Promise<[pg.PoolClient, ExportCursor]> => {
    const connection = await pool.connect();
    try {
      await connection.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${timeoutMs};
         SET LOCAL idle_in_transaction_session_timeout = ${2 * EXPORT_IDLE_MS}`,
      );
      return [connection, await openCursor(connection, type, body, reading)];
    } catch (error) {
      connection.release(true);
      throw error;
    }
  };

  const open = (connection: pg.PoolClient, cursor: ExportCursor): string => {
    const exportId = randomUUID();
    let isOpen = true;
    let number = 0;
    let coming: Promise<Page> = cursor.next();
    let last: ExportPage | undefined;
    let timer: NodeJS.Timeout;

    /** Gives the connection back. A statement that is under way ends with it. */
    const letGo = async (isFinished: boolean): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      connection.off('error', abandon);
      const isClean = isFinished && (await connection.query('ROLLBACK').then(Boolean, () => false));
      connection.release(!isClean);
      places.free();
    };
    const abandon = (): void => void letGo(false);
    const stop = async (): Promise<void> => {
      clearTimeout(timer);
      ends.delete(stop);
      await letGo(false);
      await service.close();
    };
    const stopIn = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void stop(), ms);
    };
    const answer = async (asked: number | null): Promise<ExportPage | null> => {
      if (asked === null) {
        stopIn(0);
        return null;
      }
      if (asked === number - 1 && last !== undefined) return last;
      if (asked !== number || !isOpen) throw new Failure('export.lost');
      const waiting = new AbortController();
      const page = await Promise.race([
        coming,
        delay(READY_WITHIN_MS, undefined, { signal: waiting.signal }).catch(() => undefined),
      ]).finally(() => waiting.abort());
      if (page === undefined) return { isReady: false };
      // Somebody asked twice at once.
      if (asked !== number) return last!;
      number++;
      last = { isReady: true, ...page };
      if (page.isLast) {
        await letGo(true);
        stopIn(FAREWELL_MS);
      } else {
        coming = cursor.next();
        // Told to who asks for it.
        coming.catch(() => {});
      }
      return last;
    };

    coming.catch(() => {});
    connection.on('error', abandon);
    stopIn(EXPORT_IDLE_MS);
    ends.add(stop);
    const service = serve(exportId, async (input) => {
      const checked = checkPage(input);
      if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
      stopIn(EXPORT_IDLE_MS);
      try {
        return await answer(checked.value.page);
      } catch (error) {
        void letGo(false);
        stopIn(FAREWELL_MS);
        throw exportFailure(error);
      }
    });
    return exportId;
  };

  return {
    begin: async (input) => {
      const checked = checkBegin(input);
      if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
      const { type: name, export: body, as } = checked.value;
      if (!(await places.take()))
        throw new Failure('data.unavailable', { detail: 'Too many exports and changes of many things are under way.' });
      try {
        const { searchLanguage, userType } = settings;
        const reader = await readerOf(runOn(pool), catalog, userType, as);
        const type = await catalog.find(name);
        const seen = reader === undefined ? type : seenType(type);
        const [connection, cursor] = await connect(seen, body, makeNewReading(catalog.known, searchLanguage, reader)());
        return { exportId: open(connection, cursor) };
      } catch (error) {
        places.free();
        throw exportFailure(error);
      }
    },
    close: async () => {
      await Promise.all([...ends].map((stop) => stop()));
    },
  };
};

const exportFailure = (error: unknown): unknown => {
  if (isAway(error)) return new Failure('data.unavailable', { cause: error });
  if (!isPostgresError(error)) return error;
  if (error.code === sqlState.queryCancelled)
    return new Failure('search.timeout', { detail: 'Sort by a field that is indexed, or not at all.', cause: error });
  return error.code.startsWith('22')
    ? new Failure('search.invalid', { detail: 'A value does not fit its field.', cause: error })
    : error;
};
