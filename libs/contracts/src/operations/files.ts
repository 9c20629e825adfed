import { FileContentQuerySchema, FileLinkBodySchema, UploadQuerySchema } from '../files.ts';
import type { FailureCode } from '../failures.ts';
import { get, post, remove, type Operation } from './operation.ts';

const failures: FailureCode[] = ['file.no_storage', 'data.unavailable'];

const content = {
  query: FileContentQuerySchema,
  headers: ['range', 'if-range', 'if-none-match'],
  answers: { 200: '*/*', 206: '*/*', 304: '' },
} as const satisfies Partial<Operation>;

const failuresOfContent: FailureCode[] = [...failures, 'file.range_not_satisfiable', 'file.unavailable'];

export const fileOperations = {
  'files.upload': post('/v1/files', 'operator', 'Keeps a file.', {
    query: UploadQuerySchema,
    bodies: ['*/*', 'multipart/form-data'],
    answers: { 201: 'FileInfo' },
    failures: [...failures, 'file.invalid', 'file.too_large', 'file.incomplete', 'file.superseded', 'file.unavailable'],
    isAudited: false,
  }),
  'files.get': get('/v1/files/{id}', 'viewer', 'The content of a file, or a part of it.', {
    ...content,
    failures: failuresOfContent,
  }),
  'files.info': get('/v1/files/{id}/info', 'viewer', 'What is known of a file.', {
    answers: { 200: 'FileInfo' },
    failures,
  }),
  'files.link': post('/v1/files/{id}/links', 'operator', 'A link by which anybody gets the file.', {
    body: FileLinkBodySchema,
    answers: { 201: 'FileLink' },
    failures: [...failures, 'secret.unavailable'],
    isAudited: false,
  }),
  'files.delete': remove('/v1/files/{id}', 'operator', 'Deletes a file that nothing refers to.', {
    answers: { 204: '' },
    failures: [...failures, 'file.in_use'],
  }),
  'files.public': get('/v1/public/files/{token}', 'public', 'The file that a link is for.', {
    ...content,
    failures: [...failuresOfContent, 'link.expired'],
  }),
};
