import { get, patch, post } from './operation.ts';

export const listOperations = {
  'lists.create': post('/v1/workflows/{name}/lists', 'operator', 'Plans one run for each item.', {
    starts: true,
    forUsers: true,
    isAudited: false,
  }),
  'lists.search': get('/v1/lists', 'viewer', 'Lists, the newest first.'),
  'lists.get': get('/v1/lists/{id}', 'viewer', 'One list.'),
  'lists.items': get('/v1/lists/{id}/items', 'viewer', 'The items of a list, in order.'),
  'lists.failures': get('/v1/lists/{id}/failures.csv', 'viewer', 'The failed items of a list as CSV.'),
  'lists.change': patch(
    '/v1/lists/{id}',
    'operator',
    'Changes how fast items start, or what becomes of the list when some fail.',
  ),
  'lists.pause': post('/v1/lists/{id}/pause', 'operator', 'Starts no item until the list is resumed.'),
  'lists.resume': post('/v1/lists/{id}/resume', 'operator', 'Lets a paused list go on.'),
  'lists.cancel': post('/v1/lists/{id}/cancel', 'operator', 'Starts no further item.'),
  'lists.retryFailed': post(
    '/v1/lists/{id}/retry-failed',
    'operator',
    'Lets all failed items go on at the step that failed.',
  ),
  'lists.retryItem': post(
    '/v1/lists/{id}/items/{index}/retry',
    'operator',
    'Lets one failed item go on at the step that failed.',
  ),
  'lists.skipItem': post('/v1/lists/{id}/items/{index}/skip', 'operator', 'Passes over an item that has not started.'),
};
