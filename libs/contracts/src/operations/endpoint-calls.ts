import { DetectionQuerySchema } from '../endpoint.ts';
import { endpointCall } from './endpoints.ts';
import { any, get, post, remove } from './operation.ts';

/** What the name of a workflow can be refused with where nothing is said of whether there is one. */
const failures = ['workflow.not_found'] as const;

export const endpointCallOperations = {
  'endpoints.callBelow': any(
    '/wf/{name}/*',
    'public',
    'Calls an exposed workflow that has a path of its own.',
    endpointCall,
  ),
  'endpoints.callDraftBelow': any(
    '/wf-draft/{name}/*',
    'public',
    'The same for its newest saved version.',
    endpointCall,
  ),
  'endpoints.answer': get(
    '/v1/public/answers/{token}',
    'public',
    'What an endpoint answers to a call that did not wait; 202 until it can.',
    {
      answers: endpointCall.answers,
      failures: ['link.expired', 'endpoint.answer_refused', 'expression.failed', 'run.failed', 'run.cancelled'],
    },
  ),
  'endpoints.detect': post(
    '/wf-draft/{name}/initialize',
    'editor',
    'Takes a sample of what an endpoint is sent, and proposes its parameters. Nothing is run.',
    {
      query: DetectionQuerySchema,
      bodies: endpointCall.bodies,
      answers: { 200: 'DetectedParameters' },
      failures,
      isAudited: false,
    },
  ),
  'endpoints.detected': get(
    '/wf-draft/{name}/initialize',
    'editor',
    'The parameters by the samples of the last hour.',
    { answers: { 200: 'DetectedParameters' }, failures },
  ),
  'endpoints.forgetSamples': remove('/wf-draft/{name}/initialize', 'editor', 'Forgets the samples.', {
    answers: { 204: '' },
    failures,
    isAudited: false,
  }),
};
