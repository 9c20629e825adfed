import { signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { WorkflowDocument } from '@nightshift/workflow-core';
import type { Exposed } from './describe-endpoint.ts';

/** How long nobody looks whether something was published. A signal that got lost is made up for after it. */
const AGE_LIMIT_MS = 5_000;

interface ExposedWorkflowsDeps {
  ledger: Pick<Ledger, 'workflows'>;
  bus: Pick<Bus, 'subscribe' | 'onReconnect'>;
  nowMs: () => number;
}

/** The published workflows that are endpoints. */
export interface ExposedWorkflows {
  /** In the order of their names. `revision` is another one when something was published. */
  read(): Promise<{ revision: number; exposed: readonly Exposed[] }>;
  close(): void;
}

/**
 * Read from the ledger once, and after that as far as something was published: when that is heard of, when the connection was lost (a signal may have
 * been, too), or after five seconds.
 */
export const makeExposedWorkflows = ({ ledger, bus, nowMs }: ExposedWorkflowsDeps): ExposedWorkflows => {
  const byName = new Map<string, Exposed>();
  let sorted: readonly Exposed[] = [];
  let revision = -1;
  let freshUntilMs = 0;
  let reading: Promise<void> | undefined;

  /** Something was published since the reading began that is under way. */
  let isStale = true;
  const stale = (): void => {
    isStale = true;
    freshUntilMs = 0;
  };

  const readNew = async (): Promise<void> => {
    const readAtMs = nowMs();
    isStale = false;
    // Asked first: what is published between the two is read twice rather than never.
    const { workflows: newest } = await ledger.workflows.revision();
    if (newest !== revision) {
      for (const { workflow, document } of await ledger.workflows.published(revision)) {
        const read = document as WorkflowDocument;
        if (read.expose === undefined) byName.delete(workflow);
        else byName.set(workflow, { name: workflow, document: read });
      }
      sorted = [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
      revision = newest;
    }
    freshUntilMs = isStale ? 0 : readAtMs + AGE_LIMIT_MS;
  };

  const listening = bus.subscribe(signals.workflows, stale);
  const stopReconnect = bus.onReconnect(stale);
  return {
    read: async () => {
      // One reading at a time: of two, the older could come last.
      while (nowMs() >= freshUntilMs) {
        reading ??= readNew().finally(() => (reading = undefined));
        await reading;
      }
      return { revision, exposed: sorted };
    },
    close: () => {
      listening.close();
      stopReconnect();
    },
  };
};
