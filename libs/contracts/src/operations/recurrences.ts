import { OccurrencesQuerySchema } from '../queries.ts';
import { PreviewBodySchema, RecurrenceBodySchema } from '../recurrence.ts';
import { get, post, put, remove } from './operation.ts';

const answers = { 200: 'Recurrence' };

export const recurrenceOperations = {
  'recurrences.put': put('/v1/workflows/{name}/recurrences/{key}', 'operator', 'Runs a workflow again and again.', {
    body: RecurrenceBodySchema,
    answers,
    failures: [
      'recurrence.invalid',
      'parameters.invalid',
      'workflow.not_published',
      'thing.not_found',
      'type.not_found',
    ],
    starts: true,
    forUsers: true,
  }),
  'recurrences.get': get('/v1/workflows/{name}/recurrences/{key}', 'viewer', 'One recurrence, with its next moments.', {
    answers,
  }),
  'recurrences.remove': remove('/v1/workflows/{name}/recurrences/{key}', 'operator', 'Ends a recurrence.', {
    answers: { 204: '' },
  }),
  'recurrences.pause': post('/v1/workflows/{name}/recurrences/{key}/pause', 'operator', 'Holds a recurrence.', {
    answers,
  }),
  'recurrences.resume': post('/v1/workflows/{name}/recurrences/{key}/resume', 'operator', 'Lets a recurrence go on.', {
    answers,
  }),
  'recurrences.occurrences': get(
    '/v1/workflows/{name}/recurrences/{key}/occurrences',
    'viewer',
    'What became of its planned moments.',
    { query: OccurrencesQuerySchema, answers: { 200: 'Page<RecurrenceOccurrence>' } },
  ),
  'recurrences.preview': post('/v1/recurrences/preview', 'viewer', 'The moments that a recurrence would have.', {
    body: PreviewBodySchema,
    answers: { 200: 'RecurrencePreview' },
    failures: ['recurrence.invalid'],
    isAudited: false,
  }),
};
