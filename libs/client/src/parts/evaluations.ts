import type {
  EvaluationOutcome,
  EvaluationRecordView,
  EvaluationsView,
  RecordEvaluationsBody,
} from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

/** What a workflow's change triggers decided, and why. */
export const makeEvaluations = (http: Http) => {
  const pathFor = (workflow: string): string => pathOf('v1', 'workflows', workflow, 'evaluations');
  return {
    /** Has decisions recorded for a time, of changes that are committed after the answer. */
    record: (workflow: string, body: RecordEvaluationsBody): Promise<EvaluationRecordView> =>
      http.json({ method: 'PUT', path: pathFor(workflow), json: body }),
    /** What was recorded, newest first. `thing`: the id of the thing that changed. */
    list: (
      workflow: string,
      query: { outcome?: EvaluationOutcome; thing?: string; limit?: number; cursor?: string } = {},
    ): Promise<EvaluationsView> => http.json({ path: pathFor(workflow), query: { ...query } }),
    /** Records no more, and forgets what was recorded. */
    stop: (workflow: string): Promise<void> => http.json({ method: 'DELETE', path: pathFor(workflow) }),
  };
};
