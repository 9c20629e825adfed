import { get, post } from './operation.ts';

export const progressOperations = {
  'progress.get': get(
    '/v1/progress/{id}',
    'viewer',
    'The progress of a run, list, chain or import: once, when it changes, or live.',
  ),
  'progress.link': post('/v1/progress/{id}/links', 'operator', 'A link by which anybody sees the progress.', {
    isAudited: false,
  }),
  'progress.public': get('/v1/public/progress/{token}', 'public', 'The progress that a link is for.'),
  'chains.search': get('/v1/chains', 'viewer', 'Chains, the newest first.'),
  'chains.get': get('/v1/chains/{id}', 'viewer', 'One chain.'),
  'chains.cancel': post('/v1/chains/{id}/cancel', 'operator', 'Ends a chain.'),
  'chains.pause': post('/v1/chains/{id}/pause', 'operator', 'Holds a chain before its next cycle.'),
  'chains.resume': post('/v1/chains/{id}/resume', 'operator', 'Lets a chain go on.'),
};
