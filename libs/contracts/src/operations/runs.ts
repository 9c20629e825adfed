import { HistoryQuerySchema, RunSearchSchema, WaitQuerySchema } from '../queries.ts';
import { StartRunBodySchema } from '../rest.ts';
import {
  EmptyBodySchema,
  ReplayRunBodySchema,
  ReplayRunsBodySchema,
  RetryRunBodySchema,
  RunsBodySchema,
  StopRunBodySchema,
  StopRunsBodySchema,
} from '../run-control.ts';
import { get, post, type Operation } from './operation.ts';

const answers = { 200: 'RunView' };

const many = (body: Operation['body'], failures?: Operation['failures']) => ({
  body,
  answers: { 200: 'ControlledRuns' },
  ...(failures && { failures }),
});

export const runOperations = {
  'runs.start': post('/v1/workflows/{name}/runs', 'operator', 'Starts a run, and waits for its end if asked to.', {
    query: WaitQuerySchema,
    body: StartRunBodySchema,
    answers: { 200: 'StartedRun', 202: 'StartedRun' },
    failures: ['parameters.invalid', 'workflow.not_published'],
    starts: true,
    forUsers: true,
    isAudited: false,
  }),
  'runs.search': get('/v1/runs', 'viewer', 'Runs, the newest first.', {
    query: RunSearchSchema,
    answers: { 200: 'Page<RunView>' },
  }),
  'runs.get': get('/v1/runs/{id}', 'viewer', 'One run.', { answers }),
  'runs.events': get('/v1/runs/{id}/events', 'viewer', 'The history of a run.', {
    query: HistoryQuerySchema,
    answers: { 200: 'Page<RunEvent>' },
  }),
  'runs.cancel': post('/v1/runs/{id}/cancel', 'operator', 'Ends a run that has not ended.', {
    body: StopRunBodySchema,
    answers,
    failures: ['run.ended'],
  }),
  'runs.pause': post('/v1/runs/{id}/pause', 'operator', 'Holds a run where it is.', {
    body: StopRunBodySchema,
    answers,
    failures: ['run.ended'],
  }),
  'runs.resume': post('/v1/runs/{id}/resume', 'operator', 'Lets a paused run go on.', {
    body: EmptyBodySchema,
    answers,
    failures: ['run.ended', 'run.not_paused'],
  }),
  'runs.retry': post('/v1/runs/{id}/retry', 'operator', 'Lets a failed run go on at the step that failed.', {
    body: RetryRunBodySchema,
    answers,
    failures: ['run.not_failed', 'run.compensated', 'parameters.invalid', 'workflow.not_found'],
  }),
  'runs.replay': post('/v1/runs/{id}/replay', 'operator', 'Starts a new run like this one.', {
    body: ReplayRunBodySchema,
    answers: { 202: 'ReplayedRun' },
    failures: ['step.not_found', 'parameters.invalid', 'workflow.not_found', 'workflow.not_published'],
  }),
  'runs.cancelMany': post(
    '/v1/runs/cancel',
    'operator',
    'Ends all runs that are named or found.',
    many(StopRunsBodySchema),
  ),
  'runs.pauseMany': post(
    '/v1/runs/pause',
    'operator',
    'Holds all runs that are named or found.',
    many(StopRunsBodySchema),
  ),
  'runs.resumeMany': post(
    '/v1/runs/resume',
    'operator',
    'Lets all paused runs go on that are named or found.',
    many(RunsBodySchema),
  ),
  'runs.retryMany': post(
    '/v1/runs/retry',
    'operator',
    'Lets all failed runs go on that are named or found.',
    many(RunsBodySchema),
  ),
  'runs.replayMany': post(
    '/v1/runs/replay',
    'operator',
    'Starts new runs like those that are named or found.',
    many(ReplayRunsBodySchema),
  ),
};
