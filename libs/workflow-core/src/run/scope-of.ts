import type { Scope } from '../expressions/scope.ts';
import type { RunState } from './run-state.ts';

/**
 * What a run's expressions see. Names without a value are missing: results of skipped steps, `trigger` of a run that no change
 * started, `item` and `index` outside a list, `error` outside a catch. Built once per step; the values are shared with the state.
 */
export const scopeOf = (state: RunState): Scope => {
  if (state.status === 'none') return {};
  const { requested } = state;
  return {
    ...state.results,
    parameters: requested.parameters,
    trigger: requested.trigger,
    item: requested.item,
    index: requested.cause.kind === 'list' ? requested.cause.index : undefined,
    error: undefined,
    run: {
      id: state.runId,
      startedAt: state.startedAt,
      depth: requested.depth,
      iteration: requested.iteration,
      chain: requested.chainId,
    },
    currentUser: null,
  };
};
