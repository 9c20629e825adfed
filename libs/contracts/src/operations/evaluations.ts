import { RecordEvaluationsSchema } from '../evaluation.ts';
import { EvaluationsQuerySchema } from '../queries.ts';
import { get, put, remove } from './operation.ts';

export const evaluationOperations = {
  'evaluations.list': get(
    '/v1/workflows/{name}/evaluations',
    'viewer',
    "What came of the conditions of a workflow's triggers, if that is recorded.",
    { query: EvaluationsQuerySchema, answers: { 200: 'EvaluationsView' } },
  ),
  'evaluations.record': put(
    '/v1/workflows/{name}/evaluations',
    'operator',
    'Records what comes of them for some time.',
    { body: RecordEvaluationsSchema, answers: { 200: 'EvaluationRecordView' } },
  ),
  'evaluations.stop': remove('/v1/workflows/{name}/evaluations', 'operator', 'Records no more of them.', {
    answers: { 204: '' },
  }),
};
