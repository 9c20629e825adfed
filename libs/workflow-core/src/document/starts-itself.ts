import { isObject } from './json-object.ts';

/**
 * Whether a workflow has a step, at any depth, that schedules or calls the workflow itself: each of its runs is a cycle of a chain, even while
 * the chain has one cycle only. The name of what is started is always written out.
 */
export const startsItself = ({ workflow, do: steps }: { workflow: string; do: unknown }): boolean =>
  hasStart(steps, workflow);

const hasStart = (value: unknown, workflow: string): boolean => {
  if (Array.isArray(value)) return value.some((part) => hasStart(part, workflow));
  if (!isObject(value)) return false;
  const isStart = [value['schedule'], value['call']].some(
    (action) => isObject(action) && action['workflow'] === workflow,
  );
  return isStart || Object.values(value).some((part) => hasStart(part, workflow));
};
