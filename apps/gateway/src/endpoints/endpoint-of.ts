import { compileEndpoint, type CompiledEndpoint } from '@nightshift/workflow-core';
import type { StartableWorkflow } from '../workflows/startable-workflow.ts';

/** Of each version that is in use, its endpoint; null where there is none. */
const endpoints = new WeakMap<StartableWorkflow, CompiledEndpoint | null>();

/** The endpoint of a workflow, compiled when it is called first; undefined if it is not exposed. */
export const endpointOf = (workflow: StartableWorkflow): CompiledEndpoint | undefined => {
  let endpoint = endpoints.get(workflow);
  if (endpoint === undefined) {
    endpoint = compileEndpoint(workflow.document) ?? null;
    endpoints.set(workflow, endpoint);
  }
  return endpoint ?? undefined;
};
