import { Failure, type WorkflowInfo } from '@nightshift/contracts';
import type { Database } from './database.ts';
import { WorkflowEntity, type WorkflowRow, WorkflowVersionEntity } from './entities/workflow.entity.ts';

/** A version of a workflow, as it is executed. */
export interface WorkflowVersion {
  workflow: string;
  version: number;
  document: object;
}

export interface Workflows {
  /** Saves a draft as a new version, unless it is the newest one to the letter. A version never changes. */
  saveDraft(name: string, document: object): Promise<WorkflowInfo>;
  /** Publishes the newest version. @throws Failure `workflow.not_found` */
  publish(name: string): Promise<WorkflowInfo>;
  find(name: string): Promise<WorkflowInfo | undefined>;
  list(): Promise<WorkflowInfo[]>;
  version(name: string, version: number): Promise<WorkflowVersion | undefined>;
  /** The published versions of all workflows. */
  published(): Promise<WorkflowVersion[]>;
  /** Grows with every publication. Cheap: asked before each batch of changes. */
  revision(): Promise<number>;
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

  // Locks the table against other publications: revisions become visible in their order.
  publish: (name) =>
    database.transaction(async (client) => {
      await client.query('LOCK TABLE nightshift.workflows IN SHARE ROW EXCLUSIVE MODE');
      const { rows } = await client.query<{ latest_version: number }>(
        `UPDATE nightshift.workflows SET published_version = latest_version,
           revision = nextval('nightshift.workflow_revisions')
         WHERE name = $1 RETURNING latest_version`,
        [name],
      );
      const latestVersion = rows[0]?.latest_version;
      if (latestVersion === undefined)
        throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
      const published = await client.query<{ document: object }>(
        `UPDATE nightshift.workflow_versions SET published_at = coalesce(published_at, now())
         WHERE workflow = $1 AND version = $2 RETURNING document`,
        [name, latestVersion],
      );
      return toInfo({ name, latestVersion, publishedVersion: latestVersion }, published.rows[0]!.document);
    }),

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

  published: () =>
    database.query<{ workflow: string; version: number; document: object } & object>(
      'published-workflows',
      `SELECT v.workflow, v.version, v.document FROM nightshift.workflows w
       JOIN nightshift.workflow_versions v ON v.workflow = w.name AND v.version = w.published_version`,
    ),

  revision: async () => {
    const [row] = await database.query<{ revision: string }>(
      'workflow-revision',
      'SELECT coalesce(max(revision), 0) AS revision FROM nightshift.workflows',
    );
    return Number(row!.revision);
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
