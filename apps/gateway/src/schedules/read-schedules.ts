import type { ScheduleWhere } from '@nightshift/contracts';
import type { ControlTarget, ControlWhere } from '@nightshift/ledger';
import { readTarget, readWhere } from '../runs/read-target.ts';

const ofSchedules = ({ listId, ...where }: ControlWhere): ControlWhere => ({
  ...where,
  ...(listId !== undefined && { madeByList: listId }),
});

/** Criteria of schedules as the ledger takes them: a list is that of whose item's run made them. @throws Failure `request.invalid` */
export const readScheduleWhere = (where: ScheduleWhere): ControlWhere => ofSchedules(readWhere(where));

/** Which schedules are meant: exactly one of the two ways to say so. @throws Failure `request.invalid` */
export const readScheduleTarget = (body: { ids?: string[]; where?: ScheduleWhere }): ControlTarget => {
  const target = readTarget(body);
  return 'where' in target ? { where: ofSchedules(target.where) } : target;
};
