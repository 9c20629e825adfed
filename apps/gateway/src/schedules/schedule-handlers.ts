import { makeCancelSchedule, type CancelScheduleDeps } from './cancel-schedule.ts';
import { makeGetSchedule, makeListSchedules } from './list-schedules.ts';
import { makeScheduleRun, type ScheduleRunDeps } from './schedule-run.ts';

export const makeScheduleHandlers = (deps: ScheduleRunDeps & CancelScheduleDeps) => ({
  create: makeScheduleRun(deps),
  list: makeListSchedules(deps),
  get: makeGetSchedule(deps),
  cancel: makeCancelSchedule(deps),
});

export type ScheduleHandlers = ReturnType<typeof makeScheduleHandlers>;
