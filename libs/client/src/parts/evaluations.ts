import type {
  EvaluationOutcome,
  EvaluationRecordView,
  EvaluationsView,
  EvaluationView,
  RecordEvaluationsBody,
} from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';
import { allOf } from './all-of.ts';

export interface EvaluationSearch {
  outcome?: EvaluationOutcome;
  /** The id of the thing that changed. */
  thing?: string;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

/** What a workflow's change triggers decided, and why. */
export const makeEvaluations = (http: Http) => {
  const pathFor = (workflow: string): string => pathOf('v1', 'workflows', workflow, 'evaluations');
  const list = (workflow: string, query: EvaluationSearch = {}): Promise<EvaluationsView> =>
    http.json({ path: pathFor(workflow), query: { ...query } });
  return {
    /** Has decisions recorded for a time, of changes that are committed after the answer. */
    record: (workflow: string, body: RecordEvaluationsBody): Promise<EvaluationRecordView> =>
      http.json({ method: 'PUT', path: pathFor(workflow), json: body }),
    /** What was recorded, newest first. */
    list,
    all: (workflow: string, query: EvaluationSearch = {}): AsyncGenerator<EvaluationView> =>
      allOf((cursor) => list(workflow, { ...query, cursor })),
    /** Records no more, and forgets what was recorded. */
    stop: (workflow: string): Promise<void> => http.json({ method: 'DELETE', path: pathFor(workflow) }),
  };
};
