import { durationMs, Failure, signals, type AdmittedList, type ListPacing } from '@nightshift/contracts';
import type { AdmitList, Ledger } from '@nightshift/ledger';
import { requestedBy, type Asked } from '../door/asked.ts';
import type { Bus } from '@nightshift/messaging';
import { refusal } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { makeItemCheck, type ItemCheck } from './item-check.ts';

export interface AdmitListDeps {
  ledger: Pick<Ledger, 'lists'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
}

export interface ListRequest {
  workflow: string;
  pacing: ListPacing;
  /** The items, each passed to the check before it is handed on. */
  items: (check: ItemCheck['check']) => AdmitList['items'];
  asked: Asked;
}

/**
 * Admits a list whole or not at all: whatever is refused, or breaks, while items arrive leaves nothing behind.
 * @throws Failure `request.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`, `ledger.unavailable`, and
 * what the items throw
 */
export const makeAdmitList =
  ({ ledger, bus, published }: AdmitListDeps) =>
  async ({ workflow: name, pacing, items, asked }: ListRequest): Promise<AdmittedList> => {
    const workflow = published.get(name) ?? (await published.load(name));
    const onComplete = await readOnComplete(published, pacing.onComplete);
    const { parameters, check } = makeItemCheck(workflow, pacing.parameters ?? {}, pacing.as);
    const listId = asked.newId();
    const total = await ledger.lists.admit({
      listId,
      at: new Date(asked.atMs).toISOString(),
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters,
      itemParameter: pacing.as ?? null,
      items: items(check),
      startAt: pacing.startAt === undefined ? null : new Date(pacing.startAt).toISOString(),
      intervalMs: pacing.interval === undefined ? null : durationMs(pacing.interval),
      concurrency: pacing.concurrency ?? null,
      onComplete,
      parentRunId: null,
      depth: 0,
      ...requestedBy(asked),
    });
    bus.send(signals.lists, { listIds: [listId] });
    return { listId, total };
  };

const readOnComplete = async (
  published: PublishedWorkflows,
  name: string | undefined,
): Promise<AdmitList['onComplete']> => {
  if (name === undefined) return null;
  try {
    const { version } = await published.load(name);
    return { workflow: name, workflowVersion: version };
  } catch (error) {
    if (!(error instanceof Failure) || !error.code.startsWith('workflow.')) throw error;
    throw refusal('request.invalid', [{ pointer: '/onComplete', detail: error.message }]);
  }
};
