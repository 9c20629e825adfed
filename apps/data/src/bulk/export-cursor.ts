import { Failure, type ExportBody } from '@nightshift/contracts';
import type pg from 'pg';
import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName } from '../database/quote.ts';
import type { Row } from '../database/row-statement.ts';
import { makeCompilation } from '../search/compilation.ts';
import { foundBy } from '../search/found-by.ts';
import { orderBy, sortKeys } from '../search/sort-keys.ts';
import type { Reading } from '../search/source.ts';
import { makeViolations } from '../search/violations.ts';
import { exportedColumns, exportLines } from './export-lines.ts';

/** Rows that are fetched together. */
const FETCH_ROWS = 1_000;
/** Of one page as JSON. NATS carries 1 MiB. */
const PAGE_BYTES = 512 * 1024;
const PAGE_MOST_BYTES = 1_000_000;

export interface Page {
  text: string;
  isLast: boolean;
}

/** The things that an export finds, as one moment had them, page after page. */
export interface ExportCursor {
  /** To be called again only when the page before has come. @throws Failure `http.too_large` for a thing that no message can carry */
  next(): Promise<Page>;
}

/**
 * Declares a cursor on a connection whose transaction is open. Reads `REPEATABLE READ`: whatever is committed later is not in it. Locks nothing.
 * @throws Failure `search.invalid`
 */
export const openCursor = async (
  connection: pg.PoolClient,
  type: StoredType,
  { where = {}, sort, fields, format = 'csv' }: ExportBody,
  reading: Reading,
): Promise<ExportCursor> => {
  const columns = exportedColumns(type, fields);
  const { header, lineOf } = exportLines(format, columns);
  const compilation = makeCompilation(type, reading, makeViolations());
  const { condition } = foundBy(compilation, { where });
  const keys = sortKeys(compilation, sort);
  compilation.violations.throwIfAny();
  const selected = columns.map(({ name }) => `t.${quoteName(name)}::text`).join(', ');
  await connection.query(
    `DECLARE things NO SCROLL CURSOR FOR SELECT ${selected} FROM ${compilation.from()} WHERE ${condition} ORDER BY ${orderBy(keys)}`,
    [...reading.parameters.values],
  );

  const fetched: string[] = [];
  let isExhausted = false;
  let lead = header;
  const fetch = async (): Promise<void> => {
    const { rows } = await connection.query<Row>({ text: `FETCH ${FETCH_ROWS} FROM things`, rowMode: 'array' });
    isExhausted = rows.length < FETCH_ROWS;
    fetched.push(...rows.map(lineOf));
  };
  return {
    next: async () => {
      let text = lead;
      let bytes = Buffer.byteLength(JSON.stringify(lead));
      lead = '';
      for (;;) {
        let taken = 0;
        for (const line of fetched) {
          const lineBytes = Buffer.byteLength(JSON.stringify(line));
          if (lineBytes > PAGE_MOST_BYTES - bytes && taken === 0 && text === '')
            throw new Failure('http.too_large', { detail: 'A thing is larger than one message can carry.' });
          if (bytes + lineBytes > PAGE_BYTES && text !== '') {
            fetched.splice(0, taken);
            return { text, isLast: false };
          }
          text += line;
          bytes += lineBytes;
          taken++;
        }
        fetched.length = 0;
        if (isExhausted) return { text, isLast: true };
        await fetch();
      }
    },
  };
};
