import { ScheduleSearchSchema } from '../queries.ts';
import {
  MoveScheduleBodySchema,
  MoveSchedulesBodySchema,
  ScheduleBodySchema,
  SchedulesBodySchema,
  StopSchedulesBodySchema,
} from '../schedules.ts';
import { get, patch, post, remove } from './operation.ts';

const many = { 200: 'ControlledRuns' };

export const scheduleOperations = {
  'schedules.create': post(
    '/v1/workflows/{name}/schedules',
    'operator',
    'Plans one run at a date, or replaces the one with the same key.',
    {
      body: ScheduleBodySchema,
      answers: { 202: 'Scheduled' },
      failures: ['parameters.invalid', 'workflow.not_published'],
      starts: true,
      forUsers: true,
      isAudited: false,
    },
  ),
  'schedules.search': get('/v1/schedules', 'viewer', 'Schedules, in the order in which they are due.', {
    query: ScheduleSearchSchema,
    answers: { 200: 'SchedulePage' },
  }),
  'schedules.get': get('/v1/schedules/{id}', 'viewer', 'One schedule.', { answers: { 200: 'Schedule' } }),
  'schedules.move': patch('/v1/schedules/{id}', 'operator', 'Moves a schedule to another date.', {
    body: MoveScheduleBodySchema,
    answers: { 200: 'Schedule' },
    failures: ['schedule.started', 'parameters.invalid', 'workflow.not_found'],
  }),
  'schedules.cancel': remove('/v1/schedules/{id}', 'operator', 'Cancels a schedule that has not started.', {
    answers: { 200: 'Schedule' },
    failures: ['schedule.started'],
  }),
  'schedules.cancelMany': post('/v1/schedules/cancel', 'operator', 'Cancels all schedules that are named or found.', {
    body: StopSchedulesBodySchema,
    answers: many,
  }),
  'schedules.pauseMany': post('/v1/schedules/pause', 'operator', 'Holds all schedules that are named or found.', {
    body: StopSchedulesBodySchema,
    answers: many,
  }),
  'schedules.resumeMany': post('/v1/schedules/resume', 'operator', 'Lets schedules start again that were held.', {
    body: SchedulesBodySchema,
    answers: many,
  }),
  'schedules.moveMany': post('/v1/schedules/move', 'operator', 'Moves all schedules that are named or found.', {
    body: MoveSchedulesBodySchema,
    answers: many,
  }),
};
