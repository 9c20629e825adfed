import type { Page, SecretInfo } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeSecrets = (http: Http) => ({
  /** Keeps a secret, or replaces it. It can be used by workflows, and never be read back. */
  put: (name: string, value: string): Promise<void> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'secrets', name), json: { value } }),
  list: async (): Promise<SecretInfo[]> => (await http.json<Page<SecretInfo>>({ path: '/v1/secrets' })).items,
  delete: (name: string): Promise<void> => http.json({ method: 'DELETE', path: pathOf('v1', 'secrets', name) }),
});
