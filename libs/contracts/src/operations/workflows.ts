import { get, post, put } from './operation.ts';

export const workflowOperations = {
  'workflows.save': put('/v1/workflows/{name}', 'editor', 'Saves a document as the newest version, not published yet.'),
  'workflows.publish': post('/v1/workflows/{name}/publish', 'editor', 'Makes a saved version the one that is started.'),
  'workflows.rollback': post(
    '/v1/workflows/{name}/rollback',
    'editor',
    'Publishes the version again that was published before.',
  ),
  'workflows.check': post(
    '/v1/workflows/{name}/check',
    'viewer',
    'Replays what runs did with another version, and names those that would have gone another way.',
    { isAudited: false },
  ),
  'workflows.list': get('/v1/workflows', 'viewer', 'All workflows.'),
  'workflows.get': get('/v1/workflows/{name}', 'viewer', 'One workflow.'),
  'workflows.versions': get(
    '/v1/workflows/{name}/versions',
    'viewer',
    'The saved versions of a workflow, the newest first.',
  ),
  'workflows.version': get(
    '/v1/workflows/{name}/versions/{version}',
    'viewer',
    'One saved version, with its document.',
  ),
};
