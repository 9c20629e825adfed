import { get, patch, post, remove } from './operation.ts';

export const thingOperations = {
  'things.create': post('/v1/things/{type}', 'operator', 'Makes a thing.', { forUsers: true, isAudited: false }),
  'things.search': post(
    '/v1/things/{type}/search',
    'viewer',
    'Things that fit, a page at a time, and what they come to.',
    { forUsers: true, isAudited: false },
  ),
  'things.get': get('/v1/things/{type}/{id}', 'viewer', 'One thing.', { forUsers: true }),
  'things.change': patch('/v1/things/{type}/{id}', 'operator', 'Changes a thing.', {
    forUsers: true,
    isAudited: false,
  }),
  'things.delete': remove('/v1/things/{type}/{id}', 'operator', 'Deletes a thing.', {
    forUsers: true,
    isAudited: false,
  }),
  'things.changeMany': post('/v1/things/{type}/change', 'operator', 'Changes all things that fit.', { forUsers: true }),
  'things.deleteMany': post('/v1/things/{type}/delete', 'operator', 'Deletes all things that fit.', { forUsers: true }),
  'things.copyMany': post('/v1/things/{type}/copy', 'operator', 'Copies all things that fit.', { forUsers: true }),
  'things.export': post('/v1/things/{type}/export', 'viewer', 'All things that fit, as NDJSON or CSV.', {
    forUsers: true,
  }),
  'things.import': post('/v1/things/{type}/bulk', 'operator', 'Makes or changes a thing for each row.'),
  'imports.search': get('/v1/imports', 'viewer', 'Imports, the newest first.'),
  'imports.get': get('/v1/imports/{id}', 'viewer', 'One import.'),
  'imports.errors': get('/v1/imports/{id}/errors', 'viewer', 'The rows of an import that were refused.'),
  'imports.errorsCsv': get('/v1/imports/{id}/errors.csv', 'viewer', 'The rows of an import that were refused, as CSV.'),
};
