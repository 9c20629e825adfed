import { Failure, type ListSettings } from '@nightshift/contracts';
import type { AdmitList, ListRules, WorkflowAtVersion } from '@nightshift/ledger';
import { refusal } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';

/** The workflows that a list starts for itself, at the versions that are published now. */
export type Hooks = Pick<AdmitList, 'onComplete'> & Pick<ListRules, 'onItemFailed' | 'onProgress'>;

/** @throws Failure `request.invalid` for a workflow that is not there or not published */
export const readHooks = async (
  published: Pick<PublishedWorkflows, 'load'>,
  { onComplete, onItemFailed, onProgress }: ListSettings,
): Promise<Hooks> => {
  const find = async (name: string | undefined, pointer: string): Promise<WorkflowAtVersion | null> => {
    if (name === undefined) return null;
    try {
      const { version } = await published.load(name);
      return { workflow: name, workflowVersion: version };
    } catch (error) {
      if (!(error instanceof Failure) || !error.code.startsWith('workflow.')) throw error;
      throw refusal('request.invalid', [{ pointer, detail: error.message }]);
    }
  };
  const failed = await find(onItemFailed, '/onItemFailed');
  const progressed = await find(onProgress?.workflow, '/onProgress/workflow');
  return {
    onComplete: await find(onComplete, '/onComplete'),
    ...(failed && { onItemFailed: failed }),
    ...(progressed && { onProgress: { ...onProgress, ...progressed } }),
  };
};
