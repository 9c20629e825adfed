import {
  Failure,
  type Flow,
  type RecurrenceBody,
  type WorkflowInfo,
  type WorkflowVersionInfo,
} from '@nightshift/contracts';
import type { Database } from './database.ts';
import { takeEffect } from './flow/make-flows.ts';
import { setFlow } from './flow/set-flow.ts';
import { WorkflowEntity, type WorkflowRow, WorkflowVersionEntity } from './entities/workflow.entity.ts';

/** A version of a workflow, as it is executed. */
export interface WorkflowVersion {
  workflow: string;
  version: number;
  document: object;
}

/** How far what triggers depend on has come. */
export interface Revision {
  /** Grows with every publication. */
  workflows: number;
  /** Grows whenever somebody asks for triggers' decisions, or does no longer. */
  evaluationRecords: number;
}

/** A run of a workflow that is planned and not started. */
export type PlannedStart = { parameters: Record<string, unknown> } & (
  { kind: 'run'; runId: string; dueAt: string | null } | { kind: 'recurrence'; key: string }
);

export interface Workflows {
  /** Saves a draft as a new version, unless it is the newest one to the letter. A version never changes. */
  saveDraft(name: string, document: object): Promise<WorkflowInfo>;
  /**
   * Publishes a saved version: the newest unless told, an older one to roll back. While another one than the newest is published, the
   * newest counts as a draft.
   * @throws Failure `workflow.not_found`: there is no such workflow, or no such version of it
   */
  publish(name: string, version?: number): Promise<WorkflowInfo>;
  find(name: string): Promise<WorkflowInfo | undefined>;
  list(): Promise<WorkflowInfo[]>;
  version(name: string, version: number): Promise<WorkflowVersion | undefined>;
  /** Every saved version, newest first. Empty for an unknown workflow. */
  versions(name: string): Promise<WorkflowVersionInfo[]>;
  /** How many runs that have not ended go by each version; versions without such runs are left out. Reads all runs of the workflow. */
  openVersions(workflow: string): Promise<{ version: number; runs: number }[]>;
  /**
   * What will start with the version that is published then: runs scheduled or held that asked for the latest version, and recurrences.
   * Read page by page.
   */
  plannedStarts(workflow: string): AsyncIterable<PlannedStart>;
  /** The published versions of all workflows, or of those that were published after a revision. */
  published(afterRevision?: number): Promise<WorkflowVersion[]>;
  /** Grows with what it is about. Cheap: asked before each batch of changes. */
  revision(): Promise<Revision>;
}

export const makeWorkflows = (database: Database): Workflows => ({
  // Locks the workflow's row, so that two savers get two versions, in turn.
  saveDraft: (name, document) =>
    database.transaction(async (client) => {
      await client.query(
        'INSERT INTO nightshift.workflows (name, latest_version) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING',
        [name],
      );
      const { rows } = await client.query<{ latest: number; published: number | null; is_same: boolean | null }>(
        `SELECT w.latest_version AS latest, w.published_version AS published, v.document::jsonb = $2::jsonb AS is_same
         FROM nightshift.workflows w
         LEFT JOIN nightshift.workflow_versions v ON v.workflow = w.name AND v.version = w.latest_version
         WHERE w.name = $1 FOR UPDATE OF w`,
        [name, JSON.stringify(document)],
      );
      const { latest, published: publishedVersion, is_same: isSame } = rows[0]!;
      if (isSame === true) return toInfo({ name, latestVersion: latest, publishedVersion }, document);
      const version = latest + 1;
      await client.query('INSERT INTO nightshift.workflow_versions (workflow, version, document) VALUES ($1, $2, $3)', [
        name,
        version,
        JSON.stringify(document),
      ]);
      await client.query('UPDATE nightshift.workflows SET latest_version = $2 WHERE name = $1', [name, version]);
      return toInfo({ name, latestVersion: version, publishedVersion }, document);
    }),

  // Locks the table against other publications: revisions become visible in their order. The version's flow is in
  // force with it.
  publish: async (name, version) => {
    const { info, flow, hasNewFlow } = await database.transaction(async (client) => {
      await client.query('LOCK TABLE nightshift.workflows IN SHARE ROW EXCLUSIVE MODE');
      const { rows } = await client.query<{ version: number; latest: number; newest: object; flow: Flow | null }>(
        `SELECT v.version, w.latest_version AS latest, n.document AS newest, v.document -> 'flow' AS flow FROM nightshift.workflows w
         JOIN nightshift.workflow_versions n ON n.workflow = w.name AND n.version = w.latest_version
         JOIN nightshift.workflow_versions v ON v.workflow = w.name AND v.version = coalesce($2, w.latest_version)
         WHERE w.name = $1`,
        [name, version ?? null],
      );
      const found = rows[0];
      if (!found) {
        const what = version === undefined ? `workflow "${name}"` : `version ${version} of workflow "${name}"`;
        throw new Failure('workflow.not_found', { detail: `There is no ${what}` });
      }
      await client.query(
        `UPDATE nightshift.workflows SET published_version = $2, revision = nextval('nightshift.workflow_revisions')
         WHERE name = $1`,
        [name, found.version],
      );
      await client.query(
        `UPDATE nightshift.workflow_versions SET published_at = now()
         WHERE workflow = $1 AND version = $2 AND published_at IS NULL`,
        [name, found.version],
      );
      const info = toInfo({ name, latestVersion: found.latest, publishedVersion: found.version }, found.newest);
      return { info, flow: found.flow, hasNewFlow: await setFlow(client, name, found.flow) };
    });
    if (hasNewFlow) await takeEffect(database, name, flow);
    return info;
  },

  find: (name) =>
    database.read(async (source) => {
      const row = await source.getRepository(WorkflowEntity).findOneBy({ name });
      if (!row) return undefined;
      const version = await source
        .getRepository(WorkflowVersionEntity)
        .findOneByOrFail({ workflow: name, version: row.latestVersion });
      return toInfo(row, version.document);
    }),

  list: () =>
    database.read(async (source) => {
      const rows = await source.getRepository(WorkflowEntity).find({ order: { name: 'ASC' } });
      const versions = await source.getRepository(WorkflowVersionEntity).find({
        where: rows.map((row) => ({ workflow: row.name, version: row.latestVersion })),
      });
      const documents = new Map(versions.map(({ workflow, document }) => [workflow, document]));
      return rows.map((row) => toInfo(row, documents.get(row.name) ?? {}));
    }),

  version: (workflow, version) =>
    database.read(async (source) => {
      const row = await source.getRepository(WorkflowVersionEntity).findOneBy({ workflow, version });
      return row ? { workflow, version, document: row.document } : undefined;
    }),

  versions: async (name) => {
    const rows = await database.query<{
      version: number;
      published: boolean;
      created_at: Date;
      published_at: Date | null;
    }>(
      'workflow-versions',
      `SELECT v.version, v.version IS NOT DISTINCT FROM w.published_version AS published, v.created_at, v.published_at
       FROM nightshift.workflows w JOIN nightshift.workflow_versions v ON v.workflow = w.name
       WHERE w.name = $1 ORDER BY v.version DESC`,
      [name],
    );
    return rows.map((row) => ({
      version: row.version,
      published: row.published,
      createdAt: row.created_at.toISOString(),
      publishedAt: row.published_at?.toISOString() ?? null,
    }));
  },

  // Index: runs_by_workflow.
  openVersions: (workflow) =>
    database.query<{ version: number; runs: number }>(
      'open-versions',
      `SELECT workflow_version AS version, count(*)::int AS runs FROM nightshift.runs
       WHERE workflow = $1 AND finished_at IS NULL GROUP BY workflow_version ORDER BY workflow_version`,
      [workflow],
    ),

  plannedStarts: (workflow) => plannedStarts(database, workflow),

  // Index: workflows_by_revision.
  published: (afterRevision = -1) =>
    database.query<{ workflow: string; version: number; document: object } & object>(
      'published-workflows',
      `SELECT v.workflow, v.version, v.document FROM nightshift.workflows w
       JOIN nightshift.workflow_versions v ON v.workflow = w.name AND v.version = w.published_version
       WHERE w.revision > $1`,
      [afterRevision],
    ),

  // Indexes: workflows_by_revision, evaluation_records_by_revision.
  revision: async () => {
    const [row] = await database.query<{ workflows: string; records: string }>(
      'workflow-revision',
      `SELECT coalesce((SELECT max(revision) FROM nightshift.workflows), 0) AS workflows,
         coalesce((SELECT max(revision) FROM nightshift.evaluation_records), 0) AS records`,
    );
    return { workflows: Number(row!.workflows), evaluationRecords: Number(row!.records) };
  },
});

const toInfo = (
  row: Pick<WorkflowRow, 'name' | 'latestVersion' | 'publishedVersion'>,
  document: object,
): WorkflowInfo => ({
  name: row.name,
  ...('title' in document && { title: String(document.title) }),
  version: row.latestVersion,
  draft: row.latestVersion !== row.publishedVersion,
  publishedVersion: row.publishedVersion,
});

const PAGE = 500;

/** A run that waits for its start has a timer for it, or is paused. Indexes: timers' primary key, runs_paused, recurrences' primary key. */
async function* plannedStarts(database: Database, workflow: string): AsyncGenerator<PlannedStart> {
  const candidates = {
    timers: `SELECT run_id AS id FROM nightshift.timers WHERE kind = 'start' AND run_id > $2 ORDER BY run_id LIMIT ${PAGE}`,
    paused: `SELECT id FROM nightshift.runs
      WHERE workflow = $1 AND paused_at IS NOT NULL AND id > $2 ORDER BY id LIMIT ${PAGE}`,
  };
  for (const [name, ids] of Object.entries(candidates)) {
    // A paused run may have its timer still: it is named once.
    const status = name === 'paused' ? 'paused' : 'scheduled';
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const [page] = await database.query<{ candidates: number; last: string | null; starts: PlannedRun[] | null }>(
        `planned-${name}`,
        `WITH candidate AS (${ids}),
         start AS (
           SELECT r.id, r.due_at, ${asRescheduled('->', 'parameters')} AS parameters
           FROM nightshift.runs r
           WHERE r.id = ANY(ARRAY(SELECT id FROM candidate)) AND r.workflow = $1 AND r.status = '${status}'
             AND r.started_at IS NULL AND ${asRescheduled('->>', 'version')} = 'latest')
         SELECT (SELECT count(*)::int FROM candidate) AS candidates,
           (SELECT id FROM candidate ORDER BY id DESC LIMIT 1) AS last,
           (SELECT json_agg(start ORDER BY id) FROM start) AS starts`,
        [workflow, after],
      );
      const { candidates: seen, last, starts } = page!;
      for (const { id, due_at: dueAt, parameters } of starts ?? []) {
        yield { kind: 'run', runId: id, dueAt: dueAt && new Date(dueAt).toISOString(), parameters };
      }
      if (seen < PAGE || last === null) break;
      after = last;
    }
  }
  for (let after = ''; ;) {
    const rows = await database.query<{ key: string; spec: RecurrenceBody }>(
      'planned-recurrences',
      `SELECT key, spec FROM nightshift.recurrences
       WHERE workflow = $1 AND key > $2 AND workflow_version IS NULL ORDER BY key LIMIT $3`,
      [workflow, after, PAGE],
    );
    for (const { key, spec } of rows) yield { kind: 'recurrence', key, parameters: spec.parameters ?? {} };
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.key;
  }
}

/** What run `r` was requested with, unless it was rescheduled since with something else. Index: the primary key of run_events. */
const asRescheduled = (read: '->' | '->>', name: string): string => `(
  SELECT e.data ${read} '${name}' FROM nightshift.run_events e
  WHERE e.run_id = r.id AND e.type IN ('RunRequested', 'RunRescheduled') AND e.data -> '${name}' IS NOT NULL
  ORDER BY e.version DESC LIMIT 1)`;

interface PlannedRun {
  id: string;
  due_at: string | null;
  parameters: Record<string, unknown>;
}
