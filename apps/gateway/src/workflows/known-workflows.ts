import type { Ledger } from '@nightshift/ledger';
import type { KnownWorkflow, WorkflowDocument } from '@nightshift/workflow-core';

/** Every workflow that a document may name: by its published version, or by none of its parameters while it is a draft. */
export const readKnownWorkflows = async (ledger: Pick<Ledger, 'workflows'>): Promise<KnownWorkflow[]> => {
  const [all, published] = await Promise.all([ledger.workflows.list(), ledger.workflows.published()]);
  const schemas = new Map(
    published.map(({ workflow, document }) => [workflow, (document as WorkflowDocument).parameters]),
  );
  return all.map(({ name }) => {
    const parameters = schemas.get(name);
    return { name, ...(parameters !== undefined && { parameters }) };
  });
};
