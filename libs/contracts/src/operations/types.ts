import { PrivacyBodySchema } from '../privacy.ts';
import { DeclareTypeQuerySchema, DeleteTypeQuerySchema } from '../queries.ts';
import { DeclareTypeBodySchema } from '../type-definition.ts';
import { get, put, remove } from './operation.ts';

export const typeOperations = {
  'types.list': get('/v1/types', 'viewer', 'All types.', {
    answers: { 200: 'Page<TypeDefinition>' },
    failures: ['data.unavailable'],
  }),
  'types.declare': put('/v1/types/{type}', 'editor', 'Declares, changes or attaches a type.', {
    query: DeclareTypeQuerySchema,
    body: DeclareTypeBodySchema,
    answers: { 200: 'TypeDefinition | TypePlan' },
    failures: ['type.invalid', 'type.in_conflict', 'type.unconfirmed', 'data.unavailable'],
  }),
  'types.delete': remove('/v1/types/{type}', 'editor', 'Deletes a type with its things, or detaches it.', {
    query: DeleteTypeQuerySchema,
    answers: { 200: 'TypePlan' },
    failures: ['type.in_conflict', 'type.unconfirmed', 'data.unavailable'],
  }),
  'types.privacy': get('/v1/types/{type}/privacy', 'viewer', 'The privacy rules of a type.', {
    answers: { 200: 'TypePrivacy' },
    failures: ['data.unavailable'],
  }),
  'types.setPrivacy': put('/v1/types/{type}/privacy', 'editor', 'Sets the privacy rules of a type.', {
    body: PrivacyBodySchema,
    answers: { 200: 'TypePrivacy' },
    failures: ['privacy.invalid', 'data.unavailable'],
  }),
  'changes.gaps': get('/v1/changes/gaps', 'viewer', 'Changes that became no events.', {
    answers: { 200: 'Page<ChangeGap>' },
    failures: ['data.unavailable'],
  }),
};
