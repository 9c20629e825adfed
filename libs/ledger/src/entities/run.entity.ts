import type { Caller, Cause, Problem, RunStatus } from '@nightshift/contracts';
import { EntitySchema } from 'typeorm';
import type { RunProgress } from '../run-projection.ts';

/** A row of `runs`. */
export interface RunRow {
  id: string;
  workflow: string;
  workflowVersion: number;
  status: RunStatus;
  cause: Cause;
  parentId: string | null;
  chainId: string | null;
  iteration: number;
  depth: number;
  listId: string | null;
  dueAt: Date | null;
  requestedAt: Date;
  requestedBy: Caller | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  heldBy: string | null;
  progress: RunProgress | null;
  result: unknown;
  problem: Problem | null;
}

export const RunEntity = new EntitySchema<RunRow>({
  name: 'run',
  schema: 'nightshift',
  tableName: 'runs',
  columns: {
    id: { type: 'uuid', primary: true },
    workflow: { type: 'text' },
    workflowVersion: { type: 'int', name: 'workflow_version' },
    status: { type: 'text' },
    cause: { type: 'json' },
    parentId: { type: 'uuid', name: 'parent_id', nullable: true },
    chainId: { type: 'uuid', name: 'chain_id', nullable: true },
    iteration: { type: 'int' },
    depth: { type: 'int' },
    listId: { type: 'uuid', name: 'list_id', nullable: true },
    dueAt: { type: 'timestamptz', name: 'due_at', nullable: true },
    requestedAt: { type: 'timestamptz', name: 'requested_at' },
    requestedBy: { type: 'json', name: 'requested_by', nullable: true },
    startedAt: { type: 'timestamptz', name: 'started_at', nullable: true },
    finishedAt: { type: 'timestamptz', name: 'finished_at', nullable: true },
    heldBy: { type: 'text', name: 'held_by', nullable: true },
    progress: { type: 'json', nullable: true },
    result: { type: 'json', nullable: true },
    problem: { type: 'json', nullable: true },
  },
});
