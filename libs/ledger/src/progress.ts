import type { Problem, ProgressChildren, RunStatus, RunView } from '@nightshift/contracts';
import type { Database } from './database.ts';
import { idsOfMoment } from './run-id.ts';
import type { RunProgress } from './run-projection.ts';

/** How far something was at a moment. */
export interface Mark {
  at: Date;
  done: number;
}

/** A chain, all of one moment. */
export interface ChainFacts {
  /** How many of its cycles are in each status. */
  counts: Map<RunStatus, number>;
  /** What its cycles reported: the most that was done, and the newest total and message. */
  reported: RunProgress;
  /** Its newest cycle. */
  last: Pick<RunView, 'id' | 'iteration' | 'status' | 'requestedAt' | 'startedAt' | 'finishedAt'> & {
    problem: Problem | null;
  };
}

/** Whose runs: the items of a list, the cycles of a chain, or the runs of a workflow. */
export type Kin = { listId: string } | { chainId: string } | { workflow: string };

/** What progress is told from. Read when somebody asks for it; none of it is kept for that alone but the marks of a list. */
export interface ProgressFacts {
  /** From when on the rate of a list is told; undefined before the first item has ended. */
  listMark(listId: string): Promise<Mark | undefined>;
  /** Whether an item of the list is ready or executed: not held, scheduled, or waiting. */
  isListAtWork(listId: string): Promise<boolean>;
  /** @returns undefined if there is no chain of this id */
  chain(chainId: string): Promise<ChainFacts | undefined>;
  /** The newest cycles of a chain that have ended, the oldest of them first, with what each reported as done. */
  chainMarks(chainId: string, limit: number): Promise<{ at: Date; iteration: number; reported: number | null }[]>;
  /** What a run has started itself, without the next cycle of its own chain. Undefined if that is nothing. */
  children(runId: string): Promise<ProgressChildren | undefined>;
  /** How long the newest runs that have ended took: 95 % of them not longer. Undefined if none has. */
  usualMs(kin: Kin): Promise<number | undefined>;
}

/** Runs that are looked at to tell how long one takes. Older ones say less of today; more cost more. */
const LOOKED_AT = 2_000;

export const makeProgressFacts = (database: Database): ProgressFacts => ({
  // Index: primary key.
  listMark: async (listId) => {
    const [row] = await database.query<{ at: Date | null; done: number | null }>(
      'list-mark',
      `SELECT coalesce(earlier_mark_at, mark_at) AS at,
         CASE WHEN earlier_mark_at IS NULL THEN mark_done ELSE earlier_mark_done END AS done
       FROM nightshift.list_counts WHERE list_id = $1`,
      [listId],
    );
    return row?.at ? { at: row.at, done: row.done ?? 0 } : undefined;
  },

  // Index: runs_to_reconcile, which holds what is at work and nothing else; or the primary key, the items of a list being a range of it.
  isListAtWork: async (listId) => {
    const { first, last } = idsOfMoment(listId);
    const [row] = await database.query<{ is_at_work: boolean }>(
      'is-list-at-work',
      `SELECT EXISTS (SELECT FROM nightshift.runs WHERE lease_until IS NOT NULL AND list_id = $1
         AND id BETWEEN $2 AND $3) AS is_at_work`,
      [listId, first, last],
    );
    return row!.is_at_work;
  },

  // Index: runs_by_chain, and the primary key for the chain's first run.
  chain: async (chainId) => {
    const [row] = await database.query<ChainRow>(
      'chain-facts',
      `WITH cycle AS (SELECT * FROM nightshift.runs WHERE id = $1 AND chain_id IS NULL OR chain_id = $1)
       SELECT (SELECT json_object_agg(status, runs) FROM (SELECT status, count(*) AS runs FROM cycle GROUP BY status) s) AS counts,
         (SELECT json_build_object('id', id, 'iteration', iteration, 'status', status, 'problem', problem,
            'requestedAt', requested_at, 'startedAt', started_at, 'finishedAt', finished_at)
          FROM cycle ORDER BY iteration DESC, id DESC LIMIT 1) AS last,
         (SELECT max((progress ->> 'done')::float8) FROM cycle WHERE progress IS NOT NULL) AS done,
         (SELECT (progress ->> 'total')::float8 FROM cycle WHERE progress ->> 'total' IS NOT NULL
          ORDER BY iteration DESC LIMIT 1) AS total,
         (SELECT progress ->> 'message' FROM cycle WHERE progress ->> 'message' IS NOT NULL
          ORDER BY iteration DESC LIMIT 1) AS message`,
      [chainId],
    );
    if (!row?.last) return undefined;
    const { counts, last, done, total, message } = row;
    return {
      counts: new Map(Object.entries(counts ?? {}) as [RunStatus, number][]),
      reported: {
        ...(done !== null && { done }),
        ...(total !== null && { total }),
        ...(message !== null && { message }),
      },
      last: {
        ...last,
        requestedAt: iso(last.requestedAt)!,
        startedAt: iso(last.startedAt),
        finishedAt: iso(last.finishedAt),
      },
    };
  },

  // Index: runs_by_chain, from its end; the first run is not in it, and is one of many.
  chainMarks: async (chainId, limit) => {
    const rows = await database.query<{ finished_at: Date; iteration: number; reported: number | null }>(
      'chain-marks',
      `SELECT finished_at, iteration, (progress ->> 'done')::float8 AS reported FROM nightshift.runs
       WHERE chain_id = $1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT $2`,
      [chainId, limit],
    );
    return rows.toReversed().map(({ finished_at: at, iteration, reported }) => ({ at, iteration, reported }));
  },

  // Indexes: runs_by_parent, runs_by_chain, lists_by_parent.
  children: async (runId) => {
    const [row] = await database.query<ChildrenRow>(
      'progress-children',
      `WITH child AS (
         SELECT r.finished_at IS NOT NULL AS has_ended, c.cycles, c.ended FROM nightshift.runs r, LATERAL (
           SELECT count(*) AS cycles, count(n.finished_at) AS ended FROM nightshift.runs n WHERE n.chain_id = r.id) c
         WHERE r.parent_id = $1 AND r.list_id IS NULL AND r.chain_id IS NULL),
       list AS (
         SELECT l.total, l.dropped + c.succeeded + c.failed + c.cancelled AS ended
         FROM nightshift.lists l JOIN nightshift.list_counts c ON c.list_id = l.id WHERE l.parent_run_id = $1)
       SELECT
         (SELECT json_build_object('count', count(*), 'done', count(*) FILTER (WHERE has_ended), 'total', count(*))
          FROM child WHERE cycles = 0) AS runs,
         (SELECT json_build_object('count', count(*), 'done', coalesce(sum(ended), 0), 'total', coalesce(sum(total), 0))
          FROM list) AS lists,
         (SELECT json_build_object('count', count(*), 'done', coalesce(sum(ended + has_ended::int), 0),
            'total', coalesce(sum(cycles + 1), 0))
          FROM child WHERE cycles > 0) AS chains`,
      [runId],
    );
    const children = row!;
    const isNone = children.runs.count + children.lists.count + children.chains.count === 0;
    return isNone ? undefined : children;
  },

  // Indexes: the primary key for a list, runs_by_chain, runs_by_workflow; each from its end.
  usualMs: async (kin) => {
    const [condition, values] = conditionOf(kin);
    const [row] = await database.query<{ usual_ms: number | null }>(
      `usual-ms-${Object.keys(kin)[0]}`,
      `SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::float8 * 1000) AS usual_ms
       FROM (SELECT started_at, finished_at FROM nightshift.runs WHERE ${condition} ORDER BY id DESC LIMIT ${LOOKED_AT}) r
       WHERE started_at IS NOT NULL AND finished_at IS NOT NULL`,
      values,
    );
    return row?.usual_ms ?? undefined;
  },
});

const conditionOf = (kin: Kin): [condition: string, values: unknown[]] => {
  if ('chainId' in kin) return ['chain_id = $1', [kin.chainId]];
  if ('workflow' in kin) return ['workflow = $1', [kin.workflow]];
  const { first, last } = idsOfMoment(kin.listId);
  return ['list_id = $1 AND id BETWEEN $2 AND $3', [kin.listId, first, last]];
};

interface ChainRow {
  counts: Record<string, number> | null;
  last: ChainFacts['last'] | null;
  done: number | null;
  total: number | null;
  message: string | null;
}

type ChildrenRow = ProgressChildren & object;

const iso = (time: string | null): string | null => time && new Date(time).toISOString();
