import { get, post, remove } from './operation.ts';

export const fileOperations = {
  'files.upload': post('/v1/files', 'operator', 'Keeps a file.', { isAudited: false }),
  'files.get': get('/v1/files/{id}', 'viewer', 'The content of a file, or a part of it.'),
  'files.info': get('/v1/files/{id}/info', 'viewer', 'What is known of a file.'),
  'files.link': post('/v1/files/{id}/links', 'operator', 'A link by which anybody gets the file.', {
    isAudited: false,
  }),
  'files.delete': remove('/v1/files/{id}', 'operator', 'Deletes a file that nothing refers to.'),
  'files.public': get('/v1/public/files/{token}', 'public', 'The file that a link is for.'),
};
