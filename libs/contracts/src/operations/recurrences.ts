import { get, post, put, remove } from './operation.ts';

export const recurrenceOperations = {
  'recurrences.put': put('/v1/workflows/{name}/recurrences/{key}', 'operator', 'Runs a workflow again and again.', {
    starts: true,
    forUsers: true,
  }),
  'recurrences.get': get('/v1/workflows/{name}/recurrences/{key}', 'viewer', 'One recurrence, with its next moments.'),
  'recurrences.remove': remove('/v1/workflows/{name}/recurrences/{key}', 'operator', 'Ends a recurrence.'),
  'recurrences.pause': post('/v1/workflows/{name}/recurrences/{key}/pause', 'operator', 'Holds a recurrence.'),
  'recurrences.resume': post('/v1/workflows/{name}/recurrences/{key}/resume', 'operator', 'Lets a recurrence go on.'),
  'recurrences.occurrences': get(
    '/v1/workflows/{name}/recurrences/{key}/occurrences',
    'viewer',
    'What became of its planned moments.',
  ),
  'recurrences.preview': post('/v1/recurrences/preview', 'viewer', 'The moments that a recurrence would have.', {
    isAudited: false,
  }),
};
