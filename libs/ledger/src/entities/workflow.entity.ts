import { EntitySchema } from 'typeorm';

/** A row of `workflows`: which versions of a workflow count. */
export interface WorkflowRow {
  name: string;
  latestVersion: number;
  publishedVersion: number | null;
  /** bigint: a decimal string. */
  revision: string;
}

export const WorkflowEntity = new EntitySchema<WorkflowRow>({
  name: 'workflow',
  schema: 'nightshift',
  tableName: 'workflows',
  columns: {
    name: { type: 'text', primary: true },
    latestVersion: { type: 'int', name: 'latest_version' },
    publishedVersion: { type: 'int', name: 'published_version', nullable: true },
    revision: { type: 'bigint' },
  },
});

/** A row of `workflow_versions`. A version never changes. */
export interface WorkflowVersionRow {
  workflow: string;
  version: number;
  document: object;
  publishedAt: Date | null;
}

export const WorkflowVersionEntity = new EntitySchema<WorkflowVersionRow>({
  name: 'workflowVersion',
  schema: 'nightshift',
  tableName: 'workflow_versions',
  columns: {
    workflow: { type: 'text', primary: true },
    version: { type: 'int', primary: true },
    document: { type: 'json' },
    publishedAt: { type: 'timestamptz', name: 'published_at', nullable: true },
  },
});
