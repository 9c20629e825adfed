import type { Flow, FlowSetting, FlowView, HoldBody, HoldView, Page } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

export const makeFlows = (http: Http) => {
  const post = <T>(path: string, json: HoldBody = {}, options?: Repeatable): Promise<T> =>
    http.json({ ...options, method: 'POST', path, json });
  const flow = (workflow: string): string => pathOf('v1', 'workflows', workflow, 'flow');
  return {
    /** What limits the starts of a workflow, and how many runs wait for it. */
    get: (workflow: string): Promise<FlowView> => http.json({ path: flow(workflow) }),
    /** What limits the starts of workflows, of all that have such limits. */
    list: async (): Promise<FlowSetting[]> => (await http.json<Page<FlowSetting>>({ path: '/v1/flows' })).items,
    /** In force at once, for runs that wait already too, until it is set again or a version of the workflow is published. */
    put: (workflow: string, body: Flow): Promise<FlowView> =>
      http.json({ method: 'PUT', path: flow(workflow), json: body }),
    /** Nothing limits the workflow's starts any more. */
    delete: (workflow: string): Promise<void> => http.json({ method: 'DELETE', path: flow(workflow) }),
    /** After the answer no run of the workflow, or with `key` of one of its keys, starts. Nothing is lost. */
    pause: (workflow: string, body?: HoldBody, options?: Repeatable): Promise<FlowView> =>
      post(pathOf('v1', 'workflows', workflow, 'pause'), body, options),
    resume: (workflow: string, body?: Pick<HoldBody, 'key'>, options?: Repeatable): Promise<FlowView> =>
      post(pathOf('v1', 'workflows', workflow, 'resume'), body, options),
    /** After the answer no run of anything starts. Nothing is lost. */
    pauseAll: (body?: HoldBody, options?: Repeatable): Promise<Page<HoldView>> => post('/v1/pause', body, options),
    resumeAll: (options?: Repeatable): Promise<Page<HoldView>> => post('/v1/resume', {}, options),
    /** Everything that is held. */
    holds: async (): Promise<HoldView[]> => (await http.json<Page<HoldView>>({ path: '/v1/holds' })).items,
  };
};
