import { checkDocument } from '@nightshift/workflow-core';
import { worldAfter } from './check-definitions.ts';
import { isOf, type Definition } from './definition.ts';
import type { PlatformState } from './platform-state.ts';

/**
 * What workflows that are in no file would stumble over, and do not now: a field that is gone, a parameter that is demanded. One sentence for
 * each workflow. The platform would let it happen.
 */
export const findBroken = (definitions: readonly Definition[], state: PlatformState): string[] => {
  const written = new Set(definitions.filter(isOf('workflow')).map(({ name }) => name));
  const before = worldAfter([], state);
  const after = worldAfter(definitions, state);
  return [...state.workflows.values()].flatMap(({ name, document }) => {
    if (document === undefined || written.has(name)) return [];
    const result = checkDocument(document, after);
    if (result.ok || !checkDocument(document, before).ok) return [];
    const [first] = result.violations;
    return [`workflow ${name}, which is in no file, would no longer be right: ${first?.pointer} ${first?.detail}`];
  });
};
