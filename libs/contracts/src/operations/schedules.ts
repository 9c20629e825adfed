import { get, patch, post, remove } from './operation.ts';

export const scheduleOperations = {
  'schedules.create': post(
    '/v1/workflows/{name}/schedules',
    'operator',
    'Plans one run at a date, or replaces the one with the same key.',
    { starts: true, forUsers: true, isAudited: false },
  ),
  'schedules.search': get('/v1/schedules', 'viewer', 'Schedules, in the order in which they are due.'),
  'schedules.get': get('/v1/schedules/{id}', 'viewer', 'One schedule.'),
  'schedules.move': patch('/v1/schedules/{id}', 'operator', 'Moves a schedule to another date.'),
  'schedules.cancel': remove('/v1/schedules/{id}', 'operator', 'Cancels a schedule that has not started.'),
  'schedules.cancelMany': post('/v1/schedules/cancel', 'operator', 'Cancels all schedules that are named or found.'),
  'schedules.pauseMany': post('/v1/schedules/pause', 'operator', 'Holds all schedules that are named or found.'),
  'schedules.resumeMany': post('/v1/schedules/resume', 'operator', 'Lets schedules start again that were held.'),
  'schedules.moveMany': post('/v1/schedules/move', 'operator', 'Moves all schedules that are named or found.'),
};
