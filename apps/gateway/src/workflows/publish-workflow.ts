import { signals, type WorkflowInfo } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { PublishedWorkflows } from './published-workflows.ts';

export interface PublishWorkflowDeps {
  ledger: Pick<Ledger, 'workflows'>;
  bus: Pick<Bus, 'send'>;
  published: Pick<PublishedWorkflows, 'forget'>;
}

/** Publishes the newest version, and tells everybody. @throws Failure `workflow.not_found` */
export const makePublishWorkflow =
  ({ ledger, bus, published }: PublishWorkflowDeps) =>
  async (name: string): Promise<WorkflowInfo> => {
    const info = await ledger.workflows.publish(name);
    published.forget(name);
    bus.send(signals.workflows, { workflow: name });
    return info;
  };
