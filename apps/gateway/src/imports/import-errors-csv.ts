import type { ImportError, Page } from '@nightshift/contracts';
import { Readable } from 'node:stream';
import { csvCell } from '../lists/failures-csv.ts';
import type { AskImports } from './ask-imports.ts';

const PAGE = 1_000;
const header = ['line', 'field', 'code', 'detail'];

const lineOf = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** All errors of an import as CSV, read page by page as it is sent. @throws Failure `import.not_found` */
export const makeImportErrorsCsv =
  (ask: AskImports) =>
  async (importId: string): Promise<Readable> => {
    const page = (cursor?: string): Promise<Page<ImportError>> =>
      ask({ action: 'errors', importId, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const first = await page();
    async function* lines(): AsyncGenerator<string> {
      yield lineOf(header);
      for (let current = first; ;) {
        yield current.items
          .map(({ line, pointer, code, detail }) => lineOf([line, pointer.slice(1), code, detail]))
          .join('');
        if (current.nextCursor === null) return;
        current = await page(current.nextCursor);
      }
    }
    return Readable.from(lines());
  };
