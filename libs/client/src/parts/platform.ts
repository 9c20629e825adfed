import type { Identity } from '@nightshift/contracts';
import type { Http } from '../transport/http.ts';

/** The deployment itself. */
export const makePlatform = (http: Http) => ({
  /** Whom the client's credentials are of, and what they allow. */
  whoami: (): Promise<Identity> => http.json({ path: '/v1/whoami' }),
});
