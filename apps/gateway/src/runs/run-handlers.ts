import { makeCancelRun, type CancelRunDeps } from './cancel-run.ts';
import { makeGetRun, makeGetRunEvents } from './get-run.ts';
import { makeSearchRuns } from './search-runs.ts';
import { makeStartPublished, type StartPublishedDeps } from './start-published.ts';

export const makeRunHandlers = (deps: StartPublishedDeps & CancelRunDeps) => ({
  start: makeStartPublished(deps),
  get: makeGetRun(deps),
  events: makeGetRunEvents(deps),
  search: makeSearchRuns(deps),
  cancel: makeCancelRun(deps),
});

export type RunHandlers = ReturnType<typeof makeRunHandlers>;
