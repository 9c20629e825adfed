import { HoldBodySchema } from '../flow.ts';
import { ProgressLinkBodySchema } from '../progress.ts';
import { ChainSearchSchema, WaitQuerySchema } from '../queries.ts';
import { StopRunBodySchema } from '../run-control.ts';
import { get, post } from './operation.ts';

export const progressOperations = {
  'progress.get': get(
    '/v1/progress/{id}',
    'viewer',
    'The progress of a run, list, chain or import: once, when it changes, or live.',
    {
      query: WaitQuerySchema,
      headers: ['last-event-id'],
      answers: { 200: 'Progress | text/event-stream', 204: '' },
      failures: ['data.unavailable'],
    },
  ),
  'progress.link': post('/v1/progress/{id}/links', 'operator', 'A link by which anybody sees the progress.', {
    body: ProgressLinkBodySchema,
    answers: { 201: 'ProgressLink' },
    failures: ['secret.unavailable', 'data.unavailable'],
    isAudited: false,
  }),
  'progress.public': get('/v1/public/progress/{token}', 'public', 'The progress that a link is for.', {
    query: WaitQuerySchema,
    headers: ['last-event-id'],
    answers: { 200: 'PublicProgress | text/event-stream', 204: '' },
    failures: ['link.expired', 'data.unavailable'],
  }),
  'chains.search': get('/v1/chains', 'viewer', 'Chains, the newest first.', {
    query: ChainSearchSchema,
    answers: { 200: 'Page<ChainView>' },
  }),
  'chains.get': get('/v1/chains/{id}', 'viewer', 'One chain.', { answers: { 200: 'ChainView' } }),
  'chains.cancel': post('/v1/chains/{id}/cancel', 'operator', 'Ends a chain.', {
    body: StopRunBodySchema,
    answers: { 200: 'ChainView' },
    failures: ['chain.ended'],
  }),
  'chains.pause': post('/v1/chains/{id}/pause', 'operator', 'Holds a chain before its next cycle.', {
    body: HoldBodySchema,
    answers: { 200: 'HoldView' },
  }),
  'chains.resume': post('/v1/chains/{id}/resume', 'operator', 'Lets a chain go on.', {
    body: HoldBodySchema,
    answers: { 204: '' },
    failures: ['hold.not_found'],
  }),
};
