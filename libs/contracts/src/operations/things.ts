import { Type } from 'typebox';
import { ExportBodySchema, ImportErrorsQuerySchema, ImportQuerySchema, ImportSearchSchema } from '../bulk.ts';
import { SearchBodySchema } from '../data-request.ts';
import type { FailureCode } from '../failures.ts';
import { ChangeThingsBodySchema, CopyThingsBodySchema, DeleteThingsBodySchema } from '../many-things.ts';
import { get, patch, post, remove } from './operation.ts';

/** What may be in it is said by the type. */
const fields = Type.Record(Type.String(), Type.Unknown());
const answers = { 200: 'Thing' };
const many: FailureCode[] = ['thing.invalid', 'thing.in_conflict', 'search.invalid', 'things.timeout'];

export const thingOperations = {
  'things.create': post('/v1/things/{type}', 'operator', 'Makes a thing.', {
    body: fields,
    answers: { 201: 'Thing' },
    failures: ['thing.invalid', 'thing.in_conflict'],
    forUsers: true,
    isAudited: false,
  }),
  'things.search': post(
    '/v1/things/{type}/search',
    'viewer',
    'Things that fit, a page at a time, and what they come to.',
    {
      body: SearchBodySchema,
      answers: { 200: 'SearchResult | ExplainedSearch' },
      failures: ['search.invalid', 'search.timeout', 'search.too_large'],
      forUsers: true,
      isAudited: false,
    },
  ),
  'things.get': get('/v1/things/{type}/{id}', 'viewer', 'One thing.', {
    answers,
    failures: ['data.unavailable'],
    forUsers: true,
  }),
  'things.change': patch('/v1/things/{type}/{id}', 'operator', 'Changes a thing.', {
    body: fields,
    headers: ['if-match'],
    answers,
    failures: ['thing.invalid', 'thing.in_conflict', 'thing.changed'],
    forUsers: true,
    isAudited: false,
  }),
  'things.delete': remove('/v1/things/{type}/{id}', 'operator', 'Deletes a thing.', {
    headers: ['if-match'],
    answers,
    failures: ['thing.in_conflict', 'thing.changed'],
    forUsers: true,
    isAudited: false,
  }),
  'things.changeMany': post('/v1/things/{type}/change', 'operator', 'Changes all things that fit.', {
    body: ChangeThingsBodySchema,
    answers: { 200: 'BulkResult' },
    failures: [...many, 'thing.not_found'],
    forUsers: true,
  }),
  'things.deleteMany': post('/v1/things/{type}/delete', 'operator', 'Deletes all things that fit.', {
    body: DeleteThingsBodySchema,
    answers: { 200: 'BulkResult' },
    failures: [...many, 'thing.not_found'],
    forUsers: true,
  }),
  'things.copyMany': post('/v1/things/{type}/copy', 'operator', 'Copies all things that fit.', {
    body: CopyThingsBodySchema,
    answers: { 200: 'BulkResult' },
    failures: [...many, 'thing.not_found', 'search.too_many'],
    forUsers: true,
  }),
  'things.export': post('/v1/things/{type}/export', 'viewer', 'All things that fit, as NDJSON or CSV.', {
    body: ExportBodySchema,
    answers: { 200: 'text/csv | application/x-ndjson' },
    failures: ['search.invalid', 'search.timeout'],
    forUsers: true,
  }),
  'things.import': post('/v1/things/{type}/bulk', 'operator', 'Makes or changes a thing for each row.', {
    query: ImportQuerySchema,
    bodies: ['application/x-ndjson', 'text/csv'],
    answers: { 200: 'ImportResult' },
    failures: ['thing.invalid', 'import.broken', 'import.unreadable', 'import.ended', 'data.unavailable'],
  }),
  'imports.search': get('/v1/imports', 'viewer', 'Imports, the newest first.', {
    query: ImportSearchSchema,
    answers: { 200: 'Page<ImportView>' },
    failures: ['data.unavailable'],
  }),
  'imports.get': get('/v1/imports/{id}', 'viewer', 'One import.', {
    answers: { 200: 'ImportView' },
    failures: ['data.unavailable'],
  }),
  'imports.errors': get('/v1/imports/{id}/errors', 'viewer', 'The rows of an import that were refused.', {
    query: ImportErrorsQuerySchema,
    answers: { 200: 'Page<ImportError>' },
    failures: ['data.unavailable'],
  }),
  'imports.errorsCsv': get(
    '/v1/imports/{id}/errors.csv',
    'viewer',
    'The rows of an import that were refused, as CSV.',
    { answers: { 200: 'text/csv' }, failures: ['data.unavailable'] },
  ),
};
