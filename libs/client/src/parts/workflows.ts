import type { Page, WorkflowInfo } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeWorkflows = (http: Http) => ({
  /** Saves a draft: a document as an object, or the text of a YAML file. */
  save: (name: string, document: string | object): Promise<WorkflowInfo> => {
    const call = { method: 'PUT', path: pathOf('v1', 'workflows', name) };
    return typeof document === 'string'
      ? http.json({ ...call, body: { type: 'application/yaml', content: document } })
      : http.json({ ...call, json: document });
  },
  /** Makes the newest version the one that is started. */
  publish: (name: string): Promise<WorkflowInfo> =>
    http.json({ method: 'POST', path: pathOf('v1', 'workflows', name, 'publish') }),
  get: (name: string): Promise<WorkflowInfo & { document: object }> =>
    http.json({ path: pathOf('v1', 'workflows', name) }),
  list: async (): Promise<WorkflowInfo[]> => (await http.json<Page<WorkflowInfo>>({ path: '/v1/workflows' })).items,
});
