import type { Page, WorkflowInfo } from '@nightshift/contracts';
import { makeCheckWorkflow, type CheckWorkflowDeps } from './check-workflow.ts';
import { makeGetWorkflow } from './get-workflow.ts';
import { makePublishWorkflow, type PublishWorkflowDeps } from './publish-workflow.ts';
import { makeSaveDraft } from './save-draft.ts';
import { makeGetVersion, makeListVersions } from './workflow-versions.ts';

export const makeWorkflowHandlers = (deps: CheckWorkflowDeps & PublishWorkflowDeps) => ({
  saveDraft: makeSaveDraft(deps),
  check: makeCheckWorkflow(deps),
  ...makePublishWorkflow(deps),
  get: makeGetWorkflow(deps),
  list: async (): Promise<Page<WorkflowInfo>> => ({ items: await deps.ledger.workflows.list(), nextCursor: null }),
  versions: makeListVersions(deps),
  version: makeGetVersion(deps),
});

export type WorkflowHandlers = ReturnType<typeof makeWorkflowHandlers>;
