import { FlowSchema, HoldBodySchema } from '../flow.ts';
import { get, post, put, remove } from './operation.ts';

const answers = { 200: 'FlowView' };
const holds = { 200: 'Page<HoldView>' };
const body = HoldBodySchema;

export const flowOperations = {
  'flows.get': get(
    '/v1/workflows/{name}/flow',
    'viewer',
    'What holds the starts of a workflow back, and how many wait.',
    { answers },
  ),
  'flows.set': put(
    '/v1/workflows/{name}/flow',
    'editor',
    'Sets how many runs of a workflow may be under way, and how fast they start.',
    { body: FlowSchema, answers, failures: ['flow.invalid'] },
  ),
  'flows.remove': remove(
    '/v1/workflows/{name}/flow',
    'editor',
    "Takes back what was set, so that the document's own flow holds.",
    { answers: { 204: '' } },
  ),
  'flows.pause': post('/v1/workflows/{name}/pause', 'operator', 'Starts no run of a workflow until it is resumed.', {
    body,
    answers,
  }),
  'flows.resume': post('/v1/workflows/{name}/resume', 'operator', 'Lets the runs of a workflow start again.', {
    body,
    answers,
    failures: ['hold.not_found'],
  }),
  'flows.holds': get('/v1/holds', 'viewer', 'What is held now.', { answers: holds }),
  'flows.pauseAll': post('/v1/pause', 'operator', 'Starts no run of any workflow until that is resumed.', {
    body,
    answers: holds,
  }),
  'flows.resumeAll': post('/v1/resume', 'operator', 'Lets runs start again.', {
    body,
    answers: holds,
    failures: ['hold.not_found'],
  }),
};
