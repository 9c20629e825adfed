import { listPace, signals, stopAbovePercent, type AdmittedList, type ListSettings } from '@nightshift/contracts';
import type { AdmitList, Ledger, ListRules } from '@nightshift/ledger';
import { requestedBy, type Asked } from '../door/asked.ts';
import type { Bus } from '@nightshift/messaging';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { makeItemCheck, type ItemCheck } from './item-check.ts';
import { readHooks, type Hooks } from './read-hooks.ts';
import { readKey } from './read-key.ts';

export interface AdmitListDeps {
  ledger: Pick<Ledger, 'lists'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
}

export interface ListRequest {
  workflow: string;
  settings: ListSettings;
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
  async ({ workflow: name, settings, items, asked }: ListRequest): Promise<AdmittedList> => {
    const workflow = published.get(name) ?? (await published.load(name));
    const { onComplete, ...hooks } = await readHooks(published, settings);
    const { parameters, check } = makeItemCheck(workflow, settings.parameters ?? {}, settings.as);
    const listId = asked.newId();
    const total = await ledger.lists.admit({
      listId,
      at: new Date(asked.atMs).toISOString(),
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters,
      itemParameter: settings.as ?? null,
      items: items(check),
      startAt: settings.startAt === undefined ? null : new Date(settings.startAt).toISOString(),
      intervalMs: listPace(settings).intervalMs,
      concurrency: settings.concurrency ?? null,
      onComplete,
      rules: rulesOf(settings, hooks),
      ...readKey(settings.key, parameters, asked.atMs),
      parentRunId: null,
      depth: 0,
      ...requestedBy(asked),
    });
    bus.send(signals.lists, { listIds: [listId] });
    return { listId, total };
  };

const rulesOf = (settings: ListSettings, hooks: Omit<Hooks, 'onComplete'>): ListRules => {
  const { gapMs, rate } = listPace(settings);
  const stopAbove = stopAbovePercent(settings.failurePolicy);
  return {
    ...hooks,
    ...(settings.order !== undefined && { order: settings.order }),
    ...(settings.key !== undefined && { key: settings.key }),
    ...(gapMs !== null && { gapMs }),
    ...(rate !== null && { rate }),
    ...(stopAbove !== null && { stopAbovePercent: stopAbove }),
  };
};
