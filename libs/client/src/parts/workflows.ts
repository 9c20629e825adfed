import type { Page, WorkflowCheck, WorkflowInfo, WorkflowVersionInfo } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

/** A document as a body: an object, or the text of a YAML file. */
const asBody = (document: string | object) =>
  typeof document === 'string' ? { body: { type: 'application/yaml', content: document } } : { json: document };

export const makeWorkflows = (http: Http) => ({
  /** Saves a draft: a document as an object, or the text of a YAML file. */
  save: (name: string, document: string | object): Promise<WorkflowInfo> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'workflows', name), ...asBody(document) }),
  /**
   * Replays what open runs, and the newest ended ones, did with another version: a document, a saved version, or the newest. Nothing is saved,
   * and no run is changed.
   */
  check: (name: string, version: string | object | { version?: number } = {}): Promise<WorkflowCheck> =>
    http.json({ method: 'POST', path: pathOf('v1', 'workflows', name, 'check'), ...asBody(version), isRead: true }),
  /**
   * Makes a version, the newest if none is given, the one that is started.
   * @throws NightshiftError `workflow.in_use` naming what is planned or under way and would break; not with `force`
   */
  publish: (
    name: string,
    { version, force, ...options }: Repeatable & { version?: number; force?: boolean } = {},
  ): Promise<WorkflowInfo> =>
    http.json({
      ...options,
      method: 'POST',
      path: pathOf('v1', 'workflows', name, 'publish'),
      query: { force },
      json: { version },
    }),
  /** Publishes the version that was published before the one that is started now. */
  rollback: (name: string, { force, ...options }: Repeatable & { force?: boolean } = {}): Promise<WorkflowInfo> =>
    http.json({ ...options, method: 'POST', path: pathOf('v1', 'workflows', name, 'rollback'), query: { force } }),
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
