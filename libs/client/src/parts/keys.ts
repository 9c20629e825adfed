import type { ChangeKeyBody, CreateKeyBody, Duration, KeyView, NewKey, Page } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeKeys = (http: Http) => ({
  /** Makes a key. It is in this answer and nowhere else. */
  create: (key: CreateKeyBody): Promise<NewKey> => http.json({ method: 'POST', path: '/v1/keys', json: key }),
  get: (id: string): Promise<KeyView> => http.json({ path: pathOf('v1', 'keys', id) }),
  /** Those that are not revoked, the newest first. */
  list: async ({ revoked }: { revoked?: boolean } = {}): Promise<KeyView[]> =>
    (await http.json<Page<KeyView>>({ path: '/v1/keys', query: { revoked } })).items,
  change: (id: string, change: ChangeKeyBody): Promise<KeyView> =>
    http.json({ method: 'PATCH', path: pathOf('v1', 'keys', id), json: change }),
  /** Puts a new key in place of one; the old one goes on for as long as they overlap. */
  rotate: (id: string, { overlap }: { overlap?: Duration } = {}): Promise<NewKey> =>
    http.json({ method: 'POST', path: pathOf('v1', 'keys', id, 'rotate'), json: { overlap } }),
  /** It opens nothing any more, for good. */
  revoke: (id: string): Promise<KeyView> => http.json({ method: 'DELETE', path: pathOf('v1', 'keys', id) }),
});
