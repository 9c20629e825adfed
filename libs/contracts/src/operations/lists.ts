import {
  CancelListBodySchema,
  ListBodySchema,
  ListChangeSchema,
  ListItemsQuerySchema,
  ListQuerySchema,
  ListSearchSchema,
  PauseListBodySchema,
} from '../list.ts';
import { get, patch, post } from './operation.ts';

const answers = { 200: 'ListInfo' };

export const listOperations = {
  'lists.create': post('/v1/workflows/{name}/lists', 'operator', 'Plans one run for each item.', {
    query: ListQuerySchema,
    body: ListBodySchema,
    bodies: ['application/x-ndjson'],
    answers: { 202: 'AdmittedList' },
    failures: [
      'parameters.invalid',
      'workflow.not_published',
      'type.not_found',
      'search.invalid',
      'search.timeout',
      'data.unavailable',
    ],
    starts: true,
    forUsers: true,
    isAudited: false,
  }),
  'lists.search': get('/v1/lists', 'viewer', 'Lists, the newest first.', {
    query: ListSearchSchema,
    answers: { 200: 'Page<ListInfo>' },
  }),
  'lists.get': get('/v1/lists/{id}', 'viewer', 'One list.', { answers }),
  'lists.items': get('/v1/lists/{id}/items', 'viewer', 'The items of a list, in order.', {
    query: ListItemsQuerySchema,
    answers: { 200: 'Page<ListItem>' },
  }),
  'lists.failures': get('/v1/lists/{id}/failures.csv', 'viewer', 'The failed items of a list as CSV.', {
    answers: { 200: 'text/csv' },
  }),
  'lists.change': patch(
    '/v1/lists/{id}',
    'operator',
    'Changes how fast items start, or what becomes of the list when some fail.',
    { body: ListChangeSchema, answers, failures: ['list.ended'] },
  ),
  'lists.pause': post('/v1/lists/{id}/pause', 'operator', 'Starts no item until the list is resumed.', {
    body: PauseListBodySchema,
    answers,
    failures: ['list.ended'],
  }),
  'lists.resume': post('/v1/lists/{id}/resume', 'operator', 'Lets a paused list go on.', {
    answers,
    failures: ['list.ended', 'list.not_paused'],
  }),
  'lists.cancel': post('/v1/lists/{id}/cancel', 'operator', 'Starts no further item.', {
    body: CancelListBodySchema,
    answers,
    failures: ['list.ended'],
  }),
  'lists.retryFailed': post(
    '/v1/lists/{id}/retry-failed',
    'operator',
    'Lets all failed items go on at the step that failed.',
    { answers: { 200: 'ControlledRuns' } },
  ),
  'lists.retryItem': post(
    '/v1/lists/{id}/items/{index}/retry',
    'operator',
    'Lets one failed item go on at the step that failed.',
    { answers, failures: ['run.not_failed', 'run.compensated'] },
  ),
  'lists.skipItem': post('/v1/lists/{id}/items/{index}/skip', 'operator', 'Passes over an item that has not started.', {
    answers,
    failures: ['list.item_started', 'list.ended'],
  }),
};
