import { Failure } from '@nightshift/contracts';
import type { ListRules, RequestedList, WorkflowAtVersion } from '@nightshift/ledger';
import { compileItemKey, type StartListRequest } from '@nightshift/workflow-core';
import { randomUUID } from 'node:crypto';
import type { Definitions } from '../definitions.ts';
import { failedWith } from './failed.ts';
import type { Perform } from './performed.ts';
import { startedId } from './request-run.ts';
import { findStart } from './start.ts';

/** Starts a list of runs. The list is admitted with the step's completion, and handed out by the scheduler. */
export const makePerformStartList =
  (definitions: Definitions): Perform<'startList'> =>
  async (effect, occasion) => {
    const { runId, requested } = occasion;
    // Checked with the first item in its place: the parameters alone need not be complete.
    const sample = effect.as && effect.items.length > 0 ? { [effect.as]: effect.items[0] } : {};
    const found = await findStart(definitions, effect.workflow, { ...effect.parameters, ...sample });
    if ('refused' in found) return found.refused;
    const depth = requested.depth + 1;
    const { guards } = found.definition;
    if (depth > guards.depth) {
      return failedWith('chain.too_deep', {
        detail: `${depth} runs would stand between an item and a start from outside; "${effect.workflow}" allows ${guards.depth}`,
      });
    }
    for (const [index, item] of effect.as ? effect.items.entries() : []) {
      const check = found.definition.checkParameters({ ...effect.parameters, [effect.as!]: item });
      if (!check.ok) {
        return failedWith('parameters.invalid', {
          detail: `Item ${index} does not fit "${effect.workflow}"`,
          errors: check.violations,
        });
      }
    }
    const hooks = await readHooks(definitions, effect);
    const keys = effect.key === undefined ? undefined : await keysOf(effect, effect.key);
    const list: RequestedList = {
      listId: startedId('list', occasion),
      at: new Date().toISOString(),
      workflow: effect.workflow,
      workflowVersion: found.definition.version,
      parameters: effect.parameters,
      itemParameter: effect.as ?? null,
      items: effect.items,
      startAt: null,
      intervalMs: effect.intervalMs ?? null,
      concurrency: effect.concurrency ?? null,
      onComplete: hooks.onComplete ?? null,
      rules: rulesOf(effect, hooks),
      ...(keys && { keys }),
      parentRunId: runId,
      depth,
      ...(requested.requestedBy && { requestedBy: requested.requestedBy }),
    };
    const result = { listId: list.listId, total: list.items.length };
    return { outcome: { kind: 'completed', result }, lists: [list] };
  };

interface Hooks {
  onComplete?: WorkflowAtVersion;
  onItemFailed?: WorkflowAtVersion;
  onProgress?: WorkflowAtVersion;
}

/** The workflows that the list starts for itself, at the versions that are published now. */
const readHooks = async (
  definitions: Pick<Definitions, 'published'>,
  { onComplete, onItemFailed, onProgress }: StartListRequest,
): Promise<Hooks> => {
  const find = async (workflow: string): Promise<WorkflowAtVersion> => ({
    workflow,
    workflowVersion: (await definitions.published(workflow)).version,
  });
  return {
    ...(onComplete !== undefined && { onComplete: await find(onComplete) }),
    ...(onItemFailed !== undefined && { onItemFailed: await find(onItemFailed) }),
    ...(onProgress !== undefined && { onProgress: await find(onProgress.workflow) }),
  };
};

const rulesOf = (
  { order, key, gapMs, rate, stopAbovePercent, onProgress }: StartListRequest,
  hooks: Hooks,
): ListRules => ({
  ...(order !== undefined && { order }),
  ...(key !== undefined && { key }),
  ...(gapMs !== undefined && { gapMs }),
  ...(rate !== undefined && { rate }),
  ...(stopAbovePercent !== undefined && { stopAbovePercent }),
  ...(hooks.onItemFailed && { onItemFailed: hooks.onItemFailed }),
  ...(hooks.onProgress && { onProgress: { ...onProgress, ...hooks.onProgress } }),
});

/** The key of each item, computed once. @throws Failure `expression.failed` */
const keysOf = async ({ items, parameters }: StartListRequest, key: string): Promise<string[]> => {
  const compiled = compileItemKey(key, '/key');
  // The check of the document has refused such a key.
  if ('violations' in compiled) throw new Failure('expression.failed', { errors: compiled.violations });
  const env = { now: new Date(), random: Math.random, uuid: randomUUID };
  const keys: string[] = [];
  for (const [index, item] of items.entries()) keys.push(await compiled.keyOf({ item, index, parameters }, env));
  return keys;
};
