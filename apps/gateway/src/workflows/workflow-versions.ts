import { Failure, type Page, type WorkflowVersionInfo } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';

type Deps = { ledger: Pick<Ledger, 'workflows'> };

/** Every saved version of a workflow, newest first. @throws Failure `workflow.not_found` */
export const makeListVersions =
  ({ ledger }: Deps) =>
  async (name: string): Promise<Page<WorkflowVersionInfo>> => {
    const items = await ledger.workflows.versions(name);
    if (items.length === 0) throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
    return { items, nextCursor: null };
  };

/** One saved version, with its document. @throws Failure `workflow.not_found` */
export const makeGetVersion = (deps: Deps) => {
  const list = makeListVersions(deps);
  return async (name: string, version: number): Promise<WorkflowVersionInfo & { document: object }> => {
    const [{ items }, found] = await Promise.all([list(name), deps.ledger.workflows.version(name, version)]);
    const info = items.find((item) => item.version === version);
    if (info !== undefined && found !== undefined) return { ...info, document: found.document };
    throw new Failure('workflow.not_found', { detail: `Workflow "${name}" has no version ${version}` });
  };
};
