import type { Page, WorkflowInfo } from '@nightshift/contracts';
import { makeGetWorkflow } from './get-workflow.ts';
import { makePublishWorkflow, type PublishWorkflowDeps } from './publish-workflow.ts';
import { makeSaveDraft, type SaveDraftDeps } from './save-draft.ts';
import { makeGetVersion, makeListVersions } from './workflow-versions.ts';

export const makeWorkflowHandlers = (deps: SaveDraftDeps & PublishWorkflowDeps) => ({
  saveDraft: makeSaveDraft(deps),
  ...makePublishWorkflow(deps),
  get: makeGetWorkflow(deps),
  list: async (): Promise<Page<WorkflowInfo>> => ({ items: await deps.ledger.workflows.list(), nextCursor: null }),
  versions: makeListVersions(deps),
  version: makeGetVersion(deps),
});

export type WorkflowHandlers = ReturnType<typeof makeWorkflowHandlers>;
