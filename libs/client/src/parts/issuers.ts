import type { Issuer, IssuerBody, Page } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeIssuers = (http: Http) => ({
  /** Takes the tokens of an issuer for proof of who a user is. */
  put: (name: string, issuer: IssuerBody): Promise<Issuer> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'issuers', name), json: issuer }),
  get: (name: string): Promise<Issuer> => http.json({ path: pathOf('v1', 'issuers', name) }),
  list: async (): Promise<Issuer[]> => (await http.json<Page<Issuer>>({ path: '/v1/issuers' })).items,
  delete: (name: string): Promise<void> => http.json({ method: 'DELETE', path: pathOf('v1', 'issuers', name) }),
});
