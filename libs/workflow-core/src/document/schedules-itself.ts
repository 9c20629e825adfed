import { isObject } from './json-object.ts';

/**
 * Whether a workflow has a step, at any depth, that schedules the workflow itself: each of its runs is a cycle of a chain, even while the
 * chain has one cycle only. The name of what is scheduled is always written out.
 */
export const schedulesItself = ({ workflow, do: steps }: { workflow: string; do: unknown }): boolean =>
  hasSchedule(steps, workflow);

const hasSchedule = (value: unknown, workflow: string): boolean => {
  if (Array.isArray(value)) return value.some((part) => hasSchedule(part, workflow));
  if (!isObject(value)) return false;
  const { schedule } = value;
  if (isObject(schedule) && schedule['workflow'] === workflow) return true;
  return Object.values(value).some((part) => hasSchedule(part, workflow));
};
