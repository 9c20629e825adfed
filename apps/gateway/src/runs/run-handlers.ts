import { makeControlRuns, type ControlRunsDeps } from './control-runs.ts';
import { makeGetRun, makeGetRunEvents } from './get-run.ts';
import { makeReplayRuns, type ReplayRunsDeps } from './replay-runs.ts';
import { makeSearchRuns } from './search-runs.ts';
import { makeStartPublished, type StartPublishedDeps } from './start-published.ts';

export const makeRunHandlers = (deps: StartPublishedDeps & ControlRunsDeps & ReplayRunsDeps) => ({
  start: makeStartPublished(deps),
  get: makeGetRun(deps),
  events: makeGetRunEvents(deps),
  search: makeSearchRuns(deps),
  control: makeControlRuns(deps),
  replay: makeReplayRuns(deps),
});

export type RunHandlers = ReturnType<typeof makeRunHandlers>;
