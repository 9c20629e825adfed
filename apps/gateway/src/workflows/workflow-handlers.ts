import type { Page, WorkflowInfo } from '@nightshift/contracts';
import { makeGetWorkflow } from './get-workflow.ts';
import { makePublishWorkflow, type PublishWorkflowDeps } from './publish-workflow.ts';
import { makeSaveDraft, type SaveDraftDeps } from './save-draft.ts';

export const makeWorkflowHandlers = (deps: SaveDraftDeps & PublishWorkflowDeps) => ({
  saveDraft: makeSaveDraft(deps),
  publish: makePublishWorkflow(deps),
  get: makeGetWorkflow(deps),
  list: async (): Promise<Page<WorkflowInfo>> => ({ items: await deps.ledger.workflows.list(), nextCursor: null }),
});

export type WorkflowHandlers = ReturnType<typeof makeWorkflowHandlers>;
