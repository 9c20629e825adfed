import { DetectionQuerySchema } from '../endpoint.ts';
import { any, get, post, remove } from './operation.ts';

export const endpointCallOperations = {
  'endpoints.callBelow': any('/wf/{name}/*', 'public', 'Calls an exposed workflow that has a path of its own.', {
    forUsers: true,
    isAudited: false,
  }),
  'endpoints.callDraftBelow': any('/wf-draft/{name}/*', 'public', 'The same for its newest saved version.', {
    forUsers: true,
    isAudited: false,
  }),
  'endpoints.answer': get(
    '/v1/public/answers/{token}',
    'public',
    'What an endpoint answers to a call that did not wait; 202 until it can.',
    { answers: { 202: 'AcceptedCall' } },
  ),
  'endpoints.detect': post(
    '/wf-draft/{name}/initialize',
    'editor',
    'Takes a sample of what an endpoint is sent, and proposes its parameters. Nothing is run.',
    { query: DetectionQuerySchema, answers: { 200: 'DetectedParameters' }, isAudited: false },
  ),
  'endpoints.detected': get(
    '/wf-draft/{name}/initialize',
    'editor',
    'The parameters by the samples of the last hour.',
    {
      answers: { 200: 'DetectedParameters' },
    },
  ),
  'endpoints.forgetSamples': remove('/wf-draft/{name}/initialize', 'editor', 'Forgets the samples.', {
    isAudited: false,
  }),
};
