import { compileSchema, durationMs, FlowSchema, type Flow, type Violation } from '@nightshift/contracts';
import { checkCondition } from '../document/check-condition.ts';
import type { NamesInScope } from '../document/check-expressions.ts';

/** What the expressions of a flow may name: what a run is requested with. */
const flowNames = ['parameters', 'item', 'trigger'] as const;

/** A shorter period cannot be kept to: commits are about as far apart. */
const SHORTEST_PERIOD_MS = 10;

const fits = compileSchema(FlowSchema);

const unknown: NamesInScope = new Map(flowNames.map((name) => [name, undefined]));

/**
 * Everything that is wrong with a flow beyond its schema; nothing if it does not fit that.
 * @param names what is known of the names in scope
 */
export const checkFlow = (flow: unknown, pointer: string, names: NamesInScope = unknown): Violation[] => {
  const checked = fits(flow);
  if (!checked.ok) return [];
  const { key, priority } = checked.value;
  const scope = new Map(flowNames.map((name) => [name, names.get(name)]));
  return [
    ...(key === undefined ? [] : checkCondition(key, `${pointer}/key`, scope)),
    ...(typeof priority === 'string' ? checkCondition(priority, `${pointer}/priority`, scope) : []),
    ...checkLimits(checked.value, pointer),
  ];
};

const checkLimits = (flow: Flow, pointer: string): Violation[] => {
  const { key, concurrency, rate, debounce, batch } = flow;
  const violations: Violation[] = [];
  const parts = { concurrency, rate };
  for (const [name, part] of Object.entries(parts))
    if (part?.perKey !== undefined && key === undefined)
      violations.push({ pointer: `${pointer}/${name}/perKey`, detail: 'needs a `key` beside it' });
  if (rate !== undefined) {
    if ((rate.limit === undefined) === (rate.perKey === undefined) && rate.spread === true)
      violations.push({ pointer: `${pointer}/rate/spread`, detail: 'needs exactly one of `limit` and `perKey`' });
    if (rate.limit === undefined && rate.perKey === undefined)
      violations.push({ pointer: `${pointer}/rate`, detail: 'must have `limit`, `perKey` or both' });
  }
  const periods = { 'rate/per': rate?.per, 'debounce/period': debounce?.period, 'batch/within': batch?.within };
  for (const [name, period] of Object.entries(periods))
    if (period !== undefined && durationMs(period) < SHORTEST_PERIOD_MS)
      violations.push({ pointer: `${pointer}/${name}`, detail: `must be at least ${SHORTEST_PERIOD_MS} milliseconds` });
  if (debounce !== undefined && batch !== undefined)
    violations.push({ pointer: `${pointer}/batch`, detail: 'cannot stand beside `debounce`' });
  return violations;
};
