import type { RequestedList } from '@nightshift/ledger';
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
    const onComplete = effect.onComplete ? await definitions.published(effect.onComplete) : undefined;
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
      onComplete: onComplete ? { workflow: effect.onComplete!, workflowVersion: onComplete.version } : null,
      parentRunId: runId,
      depth,
      ...(requested.requestedBy && { requestedBy: requested.requestedBy }),
    };
    const result = { listId: list.listId, total: list.items.length };
    return { outcome: { kind: 'completed', result }, lists: [list] };
  };
