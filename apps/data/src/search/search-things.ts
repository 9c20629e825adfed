import { Failure, type ExplainedSearch, type SearchBody, type SearchResult } from '@nightshift/contracts';
import { thingFromRow, type StoredType } from '../catalog/stored-type.ts';
import type { Row, RunStatement, StatementRules } from '../database/row-statement.ts';
import { compileAggregates, type Aggregates } from './aggregate.ts';
import { makeCompilation, type Compilation } from './compilation.ts';
import { writeCursor } from './cursor.ts';
import { explainSearch } from './explain-search.ts';
import { fitPage } from './fit-page.ts';
import { foundBy } from './found-by.ts';
import { pageStatement } from './page-statement.ts';
import { searchFailure } from './search-failure.ts';
import type { NewReading } from './source.ts';
import { makeViolations, type Violations } from './violations.ts';

const DEFAULT_LIMIT = 100;

/**
 * One page of the things that the conditions hold for. `count` and `aggregates` are of all of them, read beside the page, so under
 * writes the two may be a moment apart. A page that would not fit into a message ends earlier. Locks nothing; which index serves is
 * Postgres' choice, made for the values of each search.
 * @throws Failure `search.invalid` with every violation, `search.too_large`, `search.timeout`, `data.unavailable`
 */
export const searchThings = async (
  run: RunStatement,
  type: StoredType,
  search: SearchBody,
  newReading: NewReading,
): Promise<SearchResult | ExplainedSearch> => {
  const limit = search.limit ?? DEFAULT_LIMIT;
  if (search.explain === true && newReading().reader !== undefined)
    throw new Failure('auth.not_for_users', { detail: 'How a search is done is told to the platform alone.' });
  const violations = makeViolations();
  const compilation = (): Compilation => makeCompilation(type, newReading(), violations);
  const page = pageStatement(compilation(), search, limit);
  const whole = wholeStatement(compilation(), search, violations);
  violations.throwIfAny();
  // A plan for any values would be wrong for some, and endlessly many shapes would crowd out statements that are prepared.
  const rules: StatementRules = {
    isOneOff: true,
    ...(search.timeoutMs !== undefined && { timeoutMs: search.timeoutMs }),
  };
  try {
    if (search.explain === true) return { explanation: await explainSearch(run, page, rules) };
    const [rows, [totals = []]] = await Promise.all([
      run(page.text, page.values, rules),
      whole === undefined ? [] : run(whole.text, whole.values, rules),
    ]);
    const beside = {
      ...(search.count === true && { count: Number(totals.at(-1)) }),
      ...(whole !== undefined && search.aggregates !== undefined && { aggregates: whole.aggregates.read(totals) }),
    };
    const cursorOf = (row: Row): string => writeCursor(type.name, page.keys, row.slice(type.columns.length));
    const items = fitPage(type, rows.slice(0, limit), {
      toThing: (row) => thingFromRow(type, row),
      cursorOf,
      besideBytes: Buffer.byteLength(JSON.stringify(beside)),
    });
    return { items, nextCursor: rows.length > items.length ? cursorOf(rows[items.length - 1]!) : null, ...beside };
  } catch (error) {
    throw searchFailure(error, search.cursor !== undefined);
  }
};

interface WholeStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly aggregates: Aggregates;
}

/** What is asked about everything that is found, as one row: the aggregates, then the count. */
const wholeStatement = (c: Compilation, search: SearchBody, violations: Violations): WholeStatement | undefined => {
  const aggregates = compileAggregates(c, search.aggregates ?? {});
  const columns = [...aggregates.columns, ...(search.count === true ? ['count(*)::text'] : [])];
  if (columns.length === 0 || !violations.isEmpty) return undefined;
  const { condition } = foundBy(c, search);
  return {
    text: `SELECT ${columns.join(', ')} FROM ${c.from()} WHERE ${condition}`,
    values: c.reading.parameters.values,
    aggregates,
  };
};
