import type { Flow, HoldView } from '@nightshift/contracts';
import type { EndingEvent } from '../control/control.ts';
import type pg from 'pg';
import type { Database } from '../database.ts';
import { admitWaiting } from './admit-waiting.ts';
import type { Flows, HoldScope } from './flows.ts';
import { holdBackReady, lookAgain } from './hold-back.ts';
import { setFlow } from './set-flow.ts';

interface HoldRow {
  workflow: string | null;
  key: string | null;
  chain_id: string | null;
  reason: string | null;
  since: Date;
}

/** How many runs ahead are counted: who has more before him does not care for the number. */
const MOST_COUNTED = 100_000;

const WAITING = 'admitted_at IS NULL AND ended_at IS NULL AND ending IS NULL AND batch_id IS NULL';
const UNDER_WAY = 'admitted_at IS NOT NULL AND ended_at IS NULL';

export const makeFlows = (database: Database): Flows => ({
  put: async (workflow, flow) => {
    if (await database.transaction((client) => setFlow(client, workflow, flow)))
      await takeEffect(database, workflow, flow);
  },

  find: async (workflow) => {
    const [row] = await database.query<{ spec: Flow; updated_at: Date }>(
      'find-flow',
      'SELECT spec, updated_at FROM nightshift.flows WHERE workflow = $1',
      [workflow],
    );
    return row && { flow: row.spec, updatedAt: row.updated_at };
  },

  // Index: the primary key.
  list: async () => {
    const rows = await database.query<{ workflow: string; spec: Flow; updated_at: Date }>(
      'list-flows',
      'SELECT workflow, spec, updated_at FROM nightshift.flows ORDER BY workflow',
      [],
    );
    return rows.map(({ workflow, spec, updated_at: updatedAt }) => ({ workflow, flow: spec, updatedAt }));
  },

  // Indexes: flow_runs_waiting, flow_runs_under_way.
  count: async (workflow) => {
    const [row] = await database.query<{ waiting: number; under_way: number }>(
      'count-flow-runs',
      `SELECT (SELECT count(*)::int FROM nightshift.flow_runs WHERE workflow = $1 AND ${WAITING}) AS waiting,
         (SELECT count(*)::int FROM nightshift.flow_runs WHERE workflow = $1 AND ${UNDER_WAY}) AS under_way`,
      [workflow],
    );
    return { waiting: row!.waiting, underWay: row!.under_way };
  },

  // Shuts the table: whoever requests a run has seen no hold and committed, or sees it.
  hold: async (scope, reason) => {
    await database.transaction(async (client) => {
      await client.query('LOCK TABLE nightshift.flow_holds IN ACCESS EXCLUSIVE MODE');
      await client.query(
        `INSERT INTO nightshift.flow_holds (workflow, key, chain_id, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workflow, key, chain_id) DO UPDATE SET reason = excluded.reason`,
        [...placeOfHold(scope), reason ?? null],
      );
    });
    await holdBackReady(database, scope);
  },

  // Shuts the table: a turn that has seen the hold ends before, and does not put off what is looked at again here.
  release: async (scope) => {
    const isReleased = await database.transaction(async (client) => {
      await client.query('LOCK TABLE nightshift.flow_holds IN ACCESS EXCLUSIVE MODE');
      const { rowCount } = await client.query(
        `DELETE FROM nightshift.flow_holds WHERE workflow IS NOT DISTINCT FROM $1 AND key IS NOT DISTINCT FROM $2
           AND chain_id IS NOT DISTINCT FROM $3`,
        placeOfHold(scope),
      );
      return rowCount !== 0;
    });
    await lookAgain(database, scope);
    return isReleased;
  },

  holds: async (workflow) => {
    const rows = await database.query<HoldRow>(
      'flow-holds',
      `SELECT workflow, key, chain_id, reason, since FROM nightshift.flow_holds
       WHERE $1::text IS NULL OR workflow = $1 OR workflow IS NULL AND chain_id IS NULL
       ORDER BY workflow NULLS FIRST, key NULLS FIRST, chain_id`,
      [workflow ?? null],
    );
    return rows.map(toHold);
  },

  // Indexes: flow_runs_new, flow_runs_ended, flow_runs_ending, flow_keys_due.
  toServe: async (now) => {
    const rows = await database.query<{ workflow: string }>(
      'flows-to-serve',
      `SELECT workflow FROM nightshift.flow_runs
         WHERE key IS NULL AND ending IS NULL AND ended_at IS NULL AND admitted_at IS NULL GROUP BY workflow
       UNION SELECT workflow FROM nightshift.flow_runs WHERE ended_at IS NOT NULL GROUP BY workflow
       UNION SELECT workflow FROM nightshift.flow_runs WHERE ending IS NOT NULL AND ended_at IS NULL GROUP BY workflow
       UNION SELECT workflow FROM nightshift.flow_keys WHERE due_at <= $1 GROUP BY workflow`,
      [now],
    );
    return rows.map(({ workflow }) => workflow);
  },

  admit: (workflow, rules, now) => database.transaction((client) => admitWaiting(client, workflow, rules, now)),

  // Index: flow_runs_ending.
  endings: async (workflow, limit) => {
    const rows = await database.query<{ run_id: string; ending: EndingEvent }>(
      'flow-endings',
      `SELECT run_id, ending FROM nightshift.flow_runs WHERE workflow = $1 AND ending IS NOT NULL AND ended_at IS NULL LIMIT $2`,
      [workflow, limit],
    );
    return rows.map((row) => ({ runId: row.run_id, event: row.ending }));
  },

  // Indexes: the primary keys, flow_runs_waiting, flow_runs_under_way.
  placeOf: async (runId) => {
    const [row] = await database.query<PlaceRow>(
      'flow-place',
      `SELECT q.workflow, q.key, q.chain_id, q.batch_id, f.spec, k.due_at,
         (SELECT count(*)::int FROM nightshift.flow_runs u WHERE u.workflow = q.workflow AND u.key = q.key AND ${UNDER_WAY}) AS key_under_way,
         (SELECT count(*)::int FROM nightshift.flow_runs u WHERE u.workflow = q.workflow AND ${UNDER_WAY}) AS under_way,
         (SELECT count(*)::int FROM (SELECT FROM nightshift.flow_runs w
            WHERE w.workflow = q.workflow AND w.key = q.key AND ${WAITING} AND (w.position, w.run_id) < (q.position, q.run_id)
            LIMIT ${MOST_COUNTED}) AS a) AS ahead,
         (SELECT json_agg(json_build_object('workflow', h.workflow, 'key', h.key, 'chain_id', h.chain_id, 'reason', h.reason, 'since', h.since))
          FROM nightshift.flow_holds h WHERE ${CONCERNS}) AS holds
       FROM nightshift.flow_runs q
       LEFT JOIN nightshift.flows f ON f.workflow = q.workflow
       LEFT JOIN nightshift.flow_keys k ON k.workflow = q.workflow AND k.key = q.key
       WHERE q.run_id = $1 AND q.admitted_at IS NULL AND q.ended_at IS NULL`,
      [runId],
    );
    return (
      row && {
        workflow: row.workflow,
        flow: row.spec,
        key: row.key,
        holds: (row.holds ?? []).map((hold) => toHold({ ...hold, since: new Date(hold.since) })),
        underWay: { key: row.key_under_way, workflow: row.under_way },
        ahead: row.ahead,
        dueAt: row.due_at,
        batchId: row.batch_id,
      }
    );
  },
});

/** Has a flow that was set apply to whoever is there already. */
export const takeEffect = async (database: Database, workflow: string, flow: Flow | null): Promise<void> => {
  if (flow !== null) await holdBackReady(database, { workflow });
  await lookAgain(database, { workflow }, { isKeyedAnew: true });
};

/** Whether a hold `h` is in the way of a run `q`. */
const CONCERNS = `h.workflow IS NULL AND h.chain_id IS NULL OR h.chain_id = q.chain_id
            OR h.workflow = q.workflow AND (h.key IS NULL OR h.key = q.key)`;

interface PlaceRow extends pg.QueryResultRow {
  workflow: string;
  key: string | null;
  batch_id: string | null;
  spec: Flow | null;
  due_at: Date | null;
  key_under_way: number;
  under_way: number;
  ahead: number;
  holds: HoldRow[] | null;
}

const placeOfHold = ({ workflow, key, chainId }: HoldScope): (string | null)[] => [
  workflow ?? null,
  key ?? null,
  chainId ?? null,
];

const toHold = ({ workflow, key, chain_id: chainId, reason, since }: HoldRow): HoldView => ({
  scope: chainId !== null ? 'chain' : workflow === null ? 'everything' : key === null ? 'workflow' : 'key',
  ...(workflow !== null && { workflow }),
  ...(key !== null && { key }),
  ...(chainId !== null && { chainId }),
  ...(reason !== null && { reason }),
  since: since.toISOString(),
});
