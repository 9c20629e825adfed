import { get, post } from './operation.ts';

export const runOperations = {
  'runs.start': post('/v1/workflows/{name}/runs', 'operator', 'Starts a run, and waits for its end if asked to.', {
    starts: true,
    forUsers: true,
    isAudited: false,
  }),
  'runs.search': get('/v1/runs', 'viewer', 'Runs, the newest first.'),
  'runs.get': get('/v1/runs/{id}', 'viewer', 'One run.'),
  'runs.events': get('/v1/runs/{id}/events', 'viewer', 'The history of a run.'),
  'runs.cancel': post('/v1/runs/{id}/cancel', 'operator', 'Ends a run that has not ended.'),
  'runs.pause': post('/v1/runs/{id}/pause', 'operator', 'Holds a run where it is.'),
  'runs.resume': post('/v1/runs/{id}/resume', 'operator', 'Lets a paused run go on.'),
  'runs.retry': post('/v1/runs/{id}/retry', 'operator', 'Lets a failed run go on at the step that failed.'),
  'runs.replay': post('/v1/runs/{id}/replay', 'operator', 'Starts a new run like this one.'),
  'runs.cancelMany': post('/v1/runs/cancel', 'operator', 'Ends all runs that are named or found.'),
  'runs.pauseMany': post('/v1/runs/pause', 'operator', 'Holds all runs that are named or found.'),
  'runs.resumeMany': post('/v1/runs/resume', 'operator', 'Lets all paused runs go on that are named or found.'),
  'runs.retryMany': post('/v1/runs/retry', 'operator', 'Lets all failed runs go on that are named or found.'),
  'runs.replayMany': post('/v1/runs/replay', 'operator', 'Starts new runs like those that are named or found.'),
};
