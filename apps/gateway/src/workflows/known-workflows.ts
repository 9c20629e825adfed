import type { Ledger } from '@nightshift/ledger';
import type { KnownWorkflow, WorkflowDocument } from '@nightshift/workflow-core';

/** Every workflow that a document may name: as its published version has it, or by its name alone while it is a draft. */
export const readKnownWorkflows = async (ledger: Pick<Ledger, 'workflows'>): Promise<KnownWorkflow[]> => {
  const [all, published] = await Promise.all([ledger.workflows.list(), ledger.workflows.published()]);
  const documents = new Map(published.map(({ workflow, document }) => [workflow, document as WorkflowDocument]));
  return all.map(({ name }) => {
    const { parameters, returns } = documents.get(name) ?? {};
    return { name, ...(parameters !== undefined && { parameters }), ...(returns !== undefined && { returns }) };
  });
};
