import { Type } from 'typebox';
import { PublishQuerySchema } from '../queries.ts';
import { CheckBodySchema, PublishBodySchema } from '../rest.ts';
import { get, post, put } from './operation.ts';

const document = Type.Ref('WorkflowDocument');
const yaml = ['application/yaml'];

export const workflowOperations = {
  'workflows.save': put(
    '/v1/workflows/{name}',
    'editor',
    'Saves a document as the newest version, not published yet.',
    {
      body: document,
      bodies: yaml,
      answers: { 200: 'WorkflowInfo' },
      failures: ['workflow.invalid', 'data.unavailable'],
    },
  ),
  'workflows.publish': post(
    '/v1/workflows/{name}/publish',
    'editor',
    'Makes a saved version the one that is started.',
    {
      query: PublishQuerySchema,
      body: PublishBodySchema,
      answers: { 200: 'WorkflowInfo' },
      failures: ['workflow.in_use', 'workflow.invalid', 'data.unavailable'],
    },
  ),
  'workflows.rollback': post(
    '/v1/workflows/{name}/rollback',
    'editor',
    'Publishes the version again that was published before.',
    {
      query: PublishQuerySchema,
      answers: { 200: 'WorkflowInfo' },
      failures: ['workflow.not_published', 'workflow.in_use', 'workflow.invalid', 'data.unavailable'],
    },
  ),
  'workflows.check': post(
    '/v1/workflows/{name}/check',
    'viewer',
    'Replays what runs did with another version, and names those that would have gone another way.',
    {
      body: Type.Union([CheckBodySchema, document]),
      bodies: yaml,
      answers: { 200: 'WorkflowCheck' },
      failures: ['workflow.invalid', 'data.unavailable'],
      isAudited: false,
    },
  ),
  'workflows.list': get('/v1/workflows', 'viewer', 'All workflows.', { answers: { 200: 'Page<WorkflowInfo>' } }),
  'workflows.get': get('/v1/workflows/{name}', 'viewer', 'One workflow.', { answers: { 200: 'WorkflowDetail' } }),
  'workflows.versions': get(
    '/v1/workflows/{name}/versions',
    'viewer',
    'The saved versions of a workflow, the newest first.',
    { answers: { 200: 'Page<WorkflowVersionInfo>' } },
  ),
  'workflows.version': get(
    '/v1/workflows/{name}/versions/{version}',
    'viewer',
    'One saved version, with its document.',
    { answers: { 200: 'SavedWorkflow' } },
  ),
};
