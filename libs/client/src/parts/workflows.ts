import type { Page, WorkflowInfo, WorkflowVersionInfo } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeWorkflows = (http: Http) => ({
  /** Saves a draft: a document as an object, or the text of a YAML file. */
  save: (name: string, document: string | object): Promise<WorkflowInfo> => {
    const call = { method: 'PUT', path: pathOf('v1', 'workflows', name) };
    return typeof document === 'string'
      ? http.json({ ...call, body: { type: 'application/yaml', content: document } })
      : http.json({ ...call, json: document });
  },
  /**
   * Makes a version, the newest if none is given, the one that is started.
   * @throws NightshiftError `workflow.in_use` naming what is planned or under way and would break; not with `force`
   */
  publish: (name: string, { version, force }: { version?: number; force?: boolean } = {}): Promise<WorkflowInfo> =>
    http.json({
      method: 'POST',
      path: pathOf('v1', 'workflows', name, 'publish'),
      query: { force },
      json: { version },
    }),
  /** Publishes the version that was published before the one that is started now. */
  rollback: (name: string, { force }: { force?: boolean } = {}): Promise<WorkflowInfo> =>
    http.json({ method: 'POST', path: pathOf('v1', 'workflows', name, 'rollback'), query: { force } }),
  /** All saved versions, newest first. */
  versions: async (name: string): Promise<WorkflowVersionInfo[]> =>
    (await http.json<Page<WorkflowVersionInfo>>({ path: pathOf('v1', 'workflows', name, 'versions') })).items,
  /** One saved version, with its document. */
  version: (name: string, version: number): Promise<WorkflowVersionInfo & { document: object }> =>
    http.json({ path: pathOf('v1', 'workflows', name, 'versions', String(version)) }),
  get: (name: string): Promise<WorkflowInfo & { document: object }> =>
    http.json({ path: pathOf('v1', 'workflows', name) }),
  list: async (): Promise<WorkflowInfo[]> => (await http.json<Page<WorkflowInfo>>({ path: '/v1/workflows' })).items,
});
