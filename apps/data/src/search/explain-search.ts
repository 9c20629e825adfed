import type { ReadExplanation, SearchExplanation } from '@nightshift/contracts';
import type { RunStatement, StatementRules } from '../database/row-statement.ts';
import { adviceFor } from './advice.ts';
import type { PageStatement } from './page-statement.ts';

/** What is looked at of a node of Postgres' plan. https://www.postgresql.org/docs/18/sql-explain.html */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

/** Locks nothing; reads Postgres' catalogs. Rows are as last counted; -1: never. */
const indexesOf = `
  SELECT c.relname, x.relname, c.reltuples::bigint::text,
    (SELECT json_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n) FROM generate_series(1, i.indnkeyatts) AS n)::text
  FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid LEFT JOIN pg_class x ON x.oid = i.indexrelid
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY ($1::text[])`;

export interface TableIndexes {
  readonly things: number;
  /** By their names, what each is on: fields, or expressions. */
  readonly indexes: ReadonlyMap<string, readonly string[]>;
}

/**
 * How Postgres would read the page. Nothing is read but the plan, and of that neither conditions nor estimates of what they find go out, since both
 * tell of values.
 * @throws what Postgres refuses with
 */
export const explainSearch = async (
  run: RunStatement,
  page: PageStatement,
  rules: StatementRules,
): Promise<SearchExplanation> => {
  const [[text] = []] = await run(`EXPLAIN (FORMAT JSON) ${page.text}`, page.values, rules);
  const [{ Plan: root }] = JSON.parse(text!) as [{ Plan: PlanNode }];
  const nodes = [...nodesOf(root)];
  const names = new Set(nodes.flatMap((node) => node['Relation Name'] ?? []));
  const tables = await readTables(run, [...names, page.compilation.type.name], rules);
  const reads = readsOf(root, tables);
  const isSorted = nodes.some((node) => node['Node Type'] === 'Sort');
  const advice = adviceFor(page, tables.get(page.compilation.type.name)!, reads);
  return { summary: summaryOf(reads, isSorted), reads, isSorted, advice };
};

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

const readTables = async (
  run: RunStatement,
  names: readonly string[],
  rules: StatementRules,
): Promise<Map<string, TableIndexes>> => {
  const tables = new Map<string, { things: number; indexes: Map<string, string[]> }>();
  for (const [table, index, things, keys] of await run(indexesOf, [names], rules)) {
    const known = tables.get(table!) ?? { things: Number(things), indexes: new Map<string, string[]>() };
    if (index !== null) known.indexes.set(index!, JSON.parse(keys!) as string[]);
    tables.set(table!, known);
  }
  return tables;
};

/** Each way in which things are read, once. A bitmap names its table, and below it the indexes. */
const readsOf = (root: PlanNode, tables: ReadonlyMap<string, TableIndexes>): ReadExplanation[] => {
  const reads = new Map<string, ReadExplanation>();
  const note = (read: ReadExplanation): void => void reads.set(`${read.type} ${read.index ?? ''}`, read);
  const visit = (node: PlanNode, table: string | undefined): void => {
    const type = node['Relation Name'] ?? table;
    const index = node['Index Name'];
    const known = type === undefined ? undefined : tables.get(type);
    if (type !== undefined && known !== undefined) {
      const fields = index === undefined ? undefined : known.indexes.get(index);
      if (index !== undefined)
        note({ type, by: 'index', index, ...(fields !== undefined && { fields: unquoted(fields) }) });
      else if (node['Node Type'] === 'Seq Scan')
        note({ type, by: 'sequential', ...(known.things >= 0 && { things: known.things }) });
    }
    for (const child of node.Plans ?? []) visit(child, type);
  };
  visit(root, undefined);
  return [...reads.values()];
};

const unquoted = (keys: readonly string[]): string[] =>
  keys.map((key) => (/^"([^"]|"")*"$/.test(key) ? key.slice(1, -1).replaceAll('""', '"') : key));

const summaryOf = (reads: readonly ReadExplanation[], isSorted: boolean): string => {
  const parts = reads.map(({ type, by, index, fields, things }) =>
    by === 'index'
      ? `${type} is read by the index ${index} on ${(fields ?? ['?']).join(', ')}`
      : `every thing of ${type} is read${things === undefined ? '' : `, about ${things}`}, because no index serves or there are few`,
  );
  const sorted = isSorted ? '; what is found is sorted before the first page is known' : '';
  return `${parts.length === 0 ? 'nothing is read' : parts.join('; ')}${sorted}`;
};
