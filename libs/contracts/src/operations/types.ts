import { get, put, remove } from './operation.ts';

export const typeOperations = {
  'types.list': get('/v1/types', 'viewer', 'All types.'),
  'types.declare': put('/v1/types/{type}', 'editor', 'Declares, changes or attaches a type.'),
  'types.delete': remove('/v1/types/{type}', 'editor', 'Deletes a type with its things, or detaches it.'),
  'types.privacy': get('/v1/types/{type}/privacy', 'viewer', 'The privacy rules of a type.'),
  'types.setPrivacy': put('/v1/types/{type}/privacy', 'editor', 'Sets the privacy rules of a type.'),
  'changes.gaps': get('/v1/changes/gaps', 'viewer', 'Changes that became no events.'),
};
