import { any } from './operation.ts';

export const endpointOperations = {
  'endpoints.call': any('/wf/{name}', 'public', 'Calls an exposed workflow; who may is said by the workflow.', {
    forUsers: true,
    isAudited: false,
  }),
  'endpoints.callDraft': any('/wf-draft/{name}', 'public', 'Calls the newest saved version of an exposed workflow.', {
    forUsers: true,
    isAudited: false,
  }),
};
