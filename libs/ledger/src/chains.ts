import type { ChainView, Page, RunStatus } from '@nightshift/contracts';
import type { Database } from './database.ts';

export interface ChainFilter {
  workflow?: string;
  status?: RunStatus;
}

/** Runs that schedule their own successor. A chain has the id of its first run. */
export interface Chains {
  /** Any run that is the first of its chain, though it may be the only one. */
  find(chainId: string): Promise<ChainView | undefined>;
  /**
   * Chains that have come to their second cycle, by their ids and so by the time of their first request, newest first. A page may hold fewer
   * than `limit`, or none, while there are more: each looks at a thousand chains at most. `cursor`: of the page before.
   */
  search(filter: ChainFilter, limit: number, cursor?: string): Promise<Page<ChainView>>;
  /**
   * Cycles that have not ended: of the `newest` ones, or of all. A chain of which there is none stays ended, for each cycle begins in a commit
   * in which the one before is still open.
   */
  openRuns(chainId: string, newest?: number): Promise<string[]>;
}

/** Chains that one page looks at, to find those that fit. */
const LOOKED_AT = 1_000;

export const makeChains = (database: Database): Chains => ({
  // Indexes: the primary key, and runs_by_chain.
  find: async (chainId) => {
    const [row] = await database.query<ChainRow & object>(
      'find-chain',
      `SELECT ${viewOf('f')} FROM nightshift.runs f, ${LAST_CYCLE}, LATERAL (
         SELECT count(*) > 0 AS is_open, array_agg(DISTINCT held_by) FILTER (WHERE held_by IS NOT NULL) AS held_by
         FROM nightshift.runs o WHERE (o.chain_id = f.id OR o.id = f.id) AND o.finished_at IS NULL) open
       WHERE f.id = $1 AND f.chain_id IS NULL`,
      [chainId],
    );
    return row && toView(row);
  },

  // Index: runs_by_chain: one look for each chain, at the first entry below the chain before, and one at its last.
  search: async ({ workflow, status }, limit, cursor) => {
    const lookedAt = workflow === undefined && status === undefined ? limit + 1 : LOOKED_AT;
    const rows = await database.query<ChainRow & object>(
      'search-chains',
      `WITH RECURSIVE chain AS (
         (SELECT chain_id, 1 AS place FROM nightshift.runs
          WHERE chain_id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') ORDER BY chain_id DESC LIMIT 1)
         UNION ALL
         SELECT (SELECT r.chain_id FROM nightshift.runs r WHERE r.chain_id < c.chain_id ORDER BY r.chain_id DESC LIMIT 1),
           c.place + 1
         FROM chain c WHERE c.chain_id IS NOT NULL AND c.place < $2)
       SELECT ${viewOf('f')} FROM chain JOIN nightshift.runs f ON f.id = chain.chain_id, ${LAST_CYCLE}, LATERAL (
         SELECT l.finished_at IS NULL AS is_open, CASE WHEN l.held_by IS NOT NULL THEN ARRAY[l.held_by] END AS held_by) open
       ORDER BY chain.place`,
      [cursor ?? null, lookedAt],
    );
    const fitting = rows.filter(
      (row) => (workflow === undefined || row.workflow === workflow) && (status === undefined || row.status === status),
    );
    const items = fitting.slice(0, limit).map(toView);
    const isMore = fitting.length > limit || rows.length === lookedAt;
    const last = fitting.length > limit ? items.at(-1) : rows.at(-1);
    return { items, nextCursor: isMore ? (last?.id ?? null) : null };
  },

  // Index: runs_by_chain from its end, and the primary key for the chain's first run.
  openRuns: async (chainId, newest) => {
    const rows = await database.query<{ id: string }>(
      newest === undefined ? 'open-cycles' : 'newest-open-cycles',
      `SELECT id FROM (
         (SELECT id, finished_at FROM nightshift.runs WHERE chain_id = $1 ORDER BY id DESC ${newest === undefined ? '' : 'LIMIT $2'})
         UNION ALL SELECT id, finished_at FROM nightshift.runs WHERE id = $1 AND chain_id IS NULL) cycle
       WHERE finished_at IS NULL`,
      newest === undefined ? [chainId] : [chainId, newest],
    );
    return rows.map(({ id }) => id);
  },
});

/** The newest cycle of the chain whose first run is `f`; that run itself while it is the only one. */
const LAST_CYCLE = `LATERAL (
         (SELECT * FROM nightshift.runs n WHERE n.chain_id = f.id ORDER BY n.id DESC LIMIT 1)
         UNION ALL SELECT f.* ORDER BY iteration DESC LIMIT 1) l`;

const viewOf = (
  first: string,
): string => `${first}.id, ${first}.workflow, ${first}.depth, ${first}.requested_at, ${first}.started_at,
         l.id AS last_run_id, l.iteration, l.finished_at, l.status, open.is_open, open.held_by`;

interface ChainRow {
  id: string;
  workflow: string;
  depth: number;
  requested_at: Date;
  started_at: Date | null;
  last_run_id: string;
  iteration: number;
  finished_at: Date | null;
  status: RunStatus;
  is_open: boolean;
  held_by: string[] | null;
}

const toView = (row: ChainRow): ChainView => ({
  id: row.id,
  workflow: row.workflow,
  status: row.is_open && row.finished_at ? 'running' : row.status,
  iteration: row.iteration,
  depth: row.depth,
  requestedAt: row.requested_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.is_open ? null : (row.finished_at?.toISOString() ?? null),
  lastRunId: row.last_run_id,
  heldBy: row.held_by ?? [],
});
