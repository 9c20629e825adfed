import { compileSchema, StartRunBodySchema } from '@nightshift/contracts';
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters } from '../workflows/startable-workflow.ts';
import type { makeStartRun, Started } from './start-run.ts';

const checkBody = compileSchema(StartRunBodySchema);

export interface StartPublishedDeps {
  published: PublishedWorkflows;
  startRun: ReturnType<typeof makeStartRun>;
}

/**
 * Starts a run of a workflow's published version.
 * @throws Failure `request.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`, `ledger.unavailable`
 */
export const makeStartPublished =
  ({ published, startRun }: StartPublishedDeps) =>
  async (name: string, body: unknown, waitMs: number | undefined, asked: Asked): Promise<Started> => {
    const { parameters = {} } = checked(checkBody, body ?? {});
    const workflow = published.get(name) ?? (await published.load(name));
    return startRun({
      workflow,
      parameters: checkParameters(workflow, parameters, '/parameters'),
      cause: { kind: 'api' },
      waitMs,
      asked,
    });
  };
