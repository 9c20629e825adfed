import type { FailedItem, Ledger } from '@nightshift/ledger';
import { Readable } from 'node:stream';
import { makeGetList } from './read-lists.ts';

type Deps = { ledger: Pick<Ledger, 'lists'> };

/** Items that are read together. */
const PAGE = 500;

const header = ['index', 'runId', 'item', 'code', 'type', 'title', 'detail', 'failedStep', 'attempts'];

/** What a spreadsheet would take for a formula, or for the beginning of another cell. */
const formula = /^[=+\-@\t\r]/;
const special = /[",\r\n]/;

/** A cell as RFC 4180 has it. Text that a spreadsheet would compute is preceded by an apostrophe, which it does not show. */
export const csvCell = (value: string | number | null | undefined): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = formula.test(value) ? `'${value}` : value;
  return special.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const csvRow = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`;

const rowOf = ({ index, runId, item, problem, step, attempts }: FailedItem): string =>
  csvRow([
    index,
    runId,
    JSON.stringify(item ?? null),
    problem?.code,
    problem?.type,
    problem?.title,
    problem?.detail,
    step,
    attempts,
  ]);

/** The failed items of a list as CSV, read page by page as it is sent. @throws Failure `list.not_found` */
export const makeFailuresCsv = ({ ledger }: Deps) => {
  const getList = makeGetList({ ledger });
  async function* rows(listId: string): AsyncGenerator<string> {
    yield csvRow(header);
    let page: FailedItem[];
    let from = 0;
    do {
      page = await ledger.lists.failures(listId, PAGE, from);
      if (page.length > 0) yield page.map(rowOf).join('');
      from = (page.at(-1)?.index ?? 0) + 1;
    } while (page.length === PAGE);
  }
  return async (listId: string): Promise<Readable> => {
    await getList(listId);
    return Readable.from(rows(listId));
  };
};
