import { get, post, put, remove } from './operation.ts';

export const flowOperations = {
  'flows.get': get(
    '/v1/workflows/{name}/flow',
    'viewer',
    'What holds the starts of a workflow back, and how many wait.',
  ),
  'flows.set': put(
    '/v1/workflows/{name}/flow',
    'editor',
    'Sets how many runs of a workflow may be under way, and how fast they start.',
  ),
  'flows.remove': remove(
    '/v1/workflows/{name}/flow',
    'editor',
    "Takes back what was set, so that the document's own flow holds.",
  ),
  'flows.pause': post('/v1/workflows/{name}/pause', 'operator', 'Starts no run of a workflow until it is resumed.'),
  'flows.resume': post('/v1/workflows/{name}/resume', 'operator', 'Lets the runs of a workflow start again.'),
  'flows.holds': get('/v1/holds', 'viewer', 'What is held now.'),
  'flows.pauseAll': post('/v1/pause', 'operator', 'Starts no run of any workflow until that is resumed.'),
  'flows.resumeAll': post('/v1/resume', 'operator', 'Lets runs start again.'),
};
