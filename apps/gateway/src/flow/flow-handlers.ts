import {
  compileSchema,
  Failure,
  FlowSchema,
  type Flow,
  type FlowSetting,
  type FlowView,
  type HoldView,
  type Page,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checkFlow } from '@nightshift/workflow-core';
import { checked, refusal } from '../door/checked.ts';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { makeHolds } from './holds.ts';

export interface FlowHandlersDeps {
  ledger: Pick<Ledger, 'flows' | 'workflows'>;
  dispatchRuns: Pick<DispatchRuns, 'queued'>;
}

const checkFlowBody = compileSchema(FlowSchema);

/** Limits on the starts of workflows, changed while they hold; and what is not to start at all. */
export const makeFlowHandlers = ({ ledger, dispatchRuns }: FlowHandlersDeps) => {
  const assertWorkflow = async (workflow: string): Promise<void> => {
    if ((await ledger.workflows.find(workflow)) !== undefined) return;
    throw new Failure('workflow.not_found', { detail: `There is no workflow "${workflow}"` });
  };

  const get = async (workflow: string): Promise<FlowView> => {
    await assertWorkflow(workflow);
    const [found, holds, { waiting, underWay }] = await Promise.all([
      ledger.flows.find(workflow),
      ledger.flows.holds(workflow),
      ledger.flows.count(workflow),
    ]);
    return {
      workflow,
      flow: found?.flow ?? null,
      updatedAt: found?.updatedAt.toISOString() ?? null,
      waiting,
      underWay: found ? underWay : null,
      holds,
    };
  };

  const put = async (workflow: string, flow: Flow | null): Promise<FlowView> => {
    await assertWorkflow(workflow);
    await ledger.flows.put(workflow, flow);
    dispatchRuns.queued([workflow]);
    return get(workflow);
  };

  const { hold, release } = makeHolds({ ledger, dispatchRuns });

  return {
    /** @throws Failure `workflow.not_found` */
    get,
    /**
     * In force at once, for runs that wait already too, until it is set again or a version of the workflow is published.
     * @throws Failure `workflow.not_found`, `request.invalid`, `flow.invalid`
     */
    put: (workflow: string, body: unknown): Promise<FlowView> => {
      const flow = checked(checkFlowBody, body ?? {});
      const violations = checkFlow(flow, '');
      if (violations.length > 0) throw refusal('flow.invalid', violations);
      return put(workflow, flow);
    },
    /** Nothing limits the workflow's starts any more. @throws Failure `workflow.not_found` */
    remove: async (workflow: string): Promise<void> => {
      await put(workflow, null);
    },

    /** What limits the starts of workflows, of all that have such limits. */
    list: async (): Promise<Page<FlowSetting>> => {
      const items = await ledger.flows.list();
      return {
        items: items.map(({ updatedAt, ...item }) => ({ ...item, updatedAt: updatedAt.toISOString() })),
        nextCursor: null,
      };
    },

    /** Everything that is held. */
    holds: async (): Promise<Page<HoldView>> => ({ items: await ledger.flows.holds(), nextCursor: null }),

    /** After the answer no run of anything starts. Nothing is lost: what falls due waits. @throws Failure `request.invalid` */
    pauseAll: async (body: unknown): Promise<Page<HoldView>> => ({ items: await hold({}, body), nextCursor: null }),
    /** @throws Failure `hold.not_found` */
    resumeAll: async (body: unknown): Promise<Page<HoldView>> => ({ items: await release({}, body), nextCursor: null }),

    /** After the answer no run of the workflow, or of one of its keys, starts. @throws Failure `workflow.not_found`, `request.invalid` */
    pauseWorkflow: async (workflow: string, body: unknown): Promise<FlowView> => {
      await assertWorkflow(workflow);
      await hold({ workflow }, body);
      return get(workflow);
    },
    /** @throws Failure `workflow.not_found`, `hold.not_found` */
    resumeWorkflow: async (workflow: string, body: unknown): Promise<FlowView> => {
      await assertWorkflow(workflow);
      await release({ workflow }, body);
      return get(workflow);
    },
  };
};

export type FlowHandlers = ReturnType<typeof makeFlowHandlers>;
