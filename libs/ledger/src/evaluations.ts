import type { EvaluationOutcome, EvaluationRecordView, EvaluationView, Page } from '@nightshift/contracts';
import type { Database } from './database.ts';
import { plainArray, textArray } from './sql/array-literal.ts';

/** Whose triggers' decisions are recorded, and how many of them. */
export interface EvaluationRecord {
  workflow: string;
  until: Date;
  most: number;
}

/** A decision to be kept. */
export type Evaluation = EvaluationView & { workflow: string };

/** What change triggers decided, of workflows of which somebody wants to know. */
export interface Evaluations {
  /** Has decisions recorded from now on, and changes for how long. @throws nothing for a workflow that exists */
  record(workflow: string, until: Date, most: number): Promise<void>;
  /** Records no more, and forgets what was recorded. */
  stop(workflow: string): Promise<void>;
  /** All that was ever asked for, whether it is over or not: one row per workflow. */
  records(): Promise<EvaluationRecord[]>;
  find(workflow: string): Promise<EvaluationRecordView | undefined>;
  /** Keeps each decision once, however often it is given, and of each workflow only the newest `most`. */
  keep(evaluations: readonly Evaluation[], most: ReadonlyMap<string, number>): Promise<void>;
  /** Newest first. `cursor` is a page's `nextCursor`. */
  list(
    workflow: string,
    filter: { outcome?: EvaluationOutcome | undefined; thingId?: string | undefined },
    limit: number,
    cursor?: string,
  ): Promise<Page<EvaluationView>>;
  /** Forgets decisions from before. @returns how many, `limit` at most */
  forget(before: Date, limit: number): Promise<number>;
}

interface Row {
  number: string;
  evaluated_at: Date;
  committed_at: Date;
  run_id: string | null;
  version: number;
  trigger_index: number;
  change_id: string;
  outcome: EvaluationOutcome;
  thing_id: string;
  details: Pick<EvaluationView, 'type' | 'kind' | 'changedFields' | 'origin'>;
}

export const makeEvaluations = (database: Database): Evaluations => {
  /** Locks the table against others of its kind: revisions become visible in their order. */
  const put = (workflow: string, until: Date, most: number): Promise<void> =>
    database.transaction(async (client) => {
      await client.query('LOCK TABLE nightshift.evaluation_records IN SHARE ROW EXCLUSIVE MODE');
      await client.query(
        `INSERT INTO nightshift.evaluation_records (workflow, until, most, revision)
         VALUES ($1, $2, $3, nextval('nightshift.workflow_revisions'))
         ON CONFLICT (workflow) DO UPDATE SET until = excluded.until, most = excluded.most, revision = excluded.revision,
           since = CASE WHEN evaluation_records.until > now() THEN evaluation_records.since ELSE now() END`,
        [workflow, until, most],
      );
    });

  return {
    record: put,

    stop: async (workflow) => {
      await put(workflow, new Date(), 1);
      await database.query('drop-evaluations', 'DELETE FROM nightshift.evaluations WHERE workflow = $1', [workflow]);
    },

    records: () =>
      database.query<EvaluationRecord & object>(
        'evaluation-records',
        'SELECT workflow, until, most FROM nightshift.evaluation_records ORDER BY workflow',
      ),

    find: async (workflow) => {
      const [row] = await database.query<{ since: Date; until: Date; most: number }>(
        'evaluation-record',
        'SELECT since, until, most FROM nightshift.evaluation_records WHERE workflow = $1 AND until > now()',
        [workflow],
      );
      return row && { since: row.since.toISOString(), until: row.until.toISOString(), most: row.most };
    },

    // Index: evaluations_newest, for what goes.
    keep: async (evaluations, most) => {
      const column = <T>(read: (evaluation: Evaluation) => T): T[] => evaluations.map(read);
      await database.query(
        'keep-evaluations',
        `INSERT INTO nightshift.evaluations
           (evaluated_at, committed_at, run_id, version, trigger_index, workflow, change_id, outcome, thing_id, details)
         SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[], $3::uuid[], $4::int[], $5::int[], $6::text[], $7::text[],
           $8::text[], $9::text[], $10::json[])
         ON CONFLICT DO NOTHING`,
        [
          plainArray(column(({ evaluatedAt }) => evaluatedAt)),
          plainArray(column(({ committedAt }) => committedAt)),
          plainArray(column(({ runId }) => runId ?? null)),
          plainArray(column(({ workflowVersion }) => workflowVersion)),
          plainArray(column(({ trigger }) => trigger)),
          textArray(column(({ workflow }) => workflow)),
          textArray(column(({ changeId }) => changeId)),
          plainArray(column(({ outcome }) => outcome)),
          textArray(column(({ thingId }) => thingId)),
          textArray(column((evaluation) => JSON.stringify(detailsOf(evaluation)))),
        ],
      );
      const workflows = [...new Set(column(({ workflow }) => workflow))];
      await database.query(
        'trim-evaluations',
        `DELETE FROM nightshift.evaluations e
         USING unnest($1::text[], $2::int[]) AS kept (workflow, most)
         WHERE e.workflow = kept.workflow AND e.number <= (
           SELECT number FROM nightshift.evaluations n WHERE n.workflow = kept.workflow
           ORDER BY number DESC OFFSET kept.most LIMIT 1)`,
        [textArray(workflows), plainArray(workflows.map((workflow) => most.get(workflow) ?? 1))],
      );
    },

    // Index: evaluations_newest.
    list: async (workflow, { outcome, thingId }, limit, cursor) => {
      const rows = await database.query<Row & object>(
        'list-evaluations',
        `SELECT number, evaluated_at, committed_at, run_id, version, trigger_index, change_id, outcome, thing_id, details
         FROM nightshift.evaluations
         WHERE workflow = $1 AND ($2::bigint IS NULL OR number < $2) AND ($3::text IS NULL OR outcome = $3)
           AND ($4::text IS NULL OR thing_id = $4)
         ORDER BY number DESC LIMIT $5`,
        [workflow, cursor ?? null, outcome ?? null, thingId ?? null, limit + 1],
      );
      const page = rows.slice(0, limit);
      return { items: page.map(toView), nextCursor: rows.length > limit ? page.at(-1)!.number : null };
    },

    // Index: evaluations_by_time.
    forget: async (before, limit) => {
      const [row] = await database.query<{ gone: number }>(
        'forget-evaluations',
        `WITH old AS (SELECT number FROM nightshift.evaluations WHERE evaluated_at < $1 ORDER BY evaluated_at LIMIT $2),
           gone AS (DELETE FROM nightshift.evaluations WHERE number = ANY(ARRAY(SELECT number FROM old)) RETURNING number)
         SELECT count(*)::int AS gone FROM gone`,
        [before, limit],
      );
      return row!.gone;
    },
  };
};

/** What is only shown. */
const detailsOf = ({
  type,
  kind,
  changedFields,
  before,
  now,
  origin,
  condition,
  value,
  error,
}: EvaluationView): Row['details'] => ({
  type,
  kind,
  changedFields,
  origin,
  ...{ before, now, condition, value, error },
});

const toView = (row: Row): EvaluationView => ({
  changeId: row.change_id,
  committedAt: row.committed_at.toISOString(),
  evaluatedAt: row.evaluated_at.toISOString(),
  workflowVersion: row.version,
  trigger: row.trigger_index,
  outcome: row.outcome,
  ...(row.run_id !== null && { runId: row.run_id }),
  thingId: row.thing_id,
  ...row.details,
});
