import type { WorkflowInfo } from '@nightshift/contracts';
import { makeReadDocument, type ReadDocumentDeps } from './read-document.ts';

/**
 * Saves a document as the workflow's draft if nothing is wrong with it.
 * @throws Failure `workflow.invalid` with every mistake, `data.unavailable`
 */
export const makeSaveDraft = (deps: ReadDocumentDeps) => {
  const readDocument = makeReadDocument(deps);
  return async (request: { name: string; body: unknown }): Promise<WorkflowInfo> =>
    deps.ledger.workflows.saveDraft(request.name, await readDocument(request));
};
