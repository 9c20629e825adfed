import { makeControlSchedules, type ControlSchedulesDeps } from './control-schedules.ts';
import { makeScheduleRun, type ScheduleRunDeps } from './schedule-run.ts';
import { makeGetSchedule, makeSearchSchedules } from './search-schedules.ts';

export const makeScheduleHandlers = (deps: ScheduleRunDeps & ControlSchedulesDeps) => ({
  create: makeScheduleRun(deps),
  search: makeSearchSchedules(deps),
  get: makeGetSchedule(deps),
  control: makeControlSchedules(deps),
});

export type ScheduleHandlers = ReturnType<typeof makeScheduleHandlers>;
