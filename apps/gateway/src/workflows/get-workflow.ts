import { Failure, type WorkflowDetail } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';

/** A workflow with the document of its newest version. @throws Failure `workflow.not_found` */
export const makeGetWorkflow =
  ({ ledger }: { ledger: Pick<Ledger, 'workflows'> }) =>
  async (name: string): Promise<WorkflowDetail> => {
    const info = await ledger.workflows.find(name);
    const newest = info && (await ledger.workflows.version(name, info.version));
    if (!info || !newest) throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
    return { ...info, document: newest.document };
  };
