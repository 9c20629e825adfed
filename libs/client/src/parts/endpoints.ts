import type { DetectedParameters } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

/** Samples of what endpoints are going to be sent. Calling them is `client.wf`. */
export const makeEndpoints = (http: Http) => {
  const of = (name: string): string => pathOf('wf-draft', name, 'initialize');
  return {
    /** Takes a sample, and proposes parameters by all samples of the last hour; with `headers`, those of the request as well. Nothing is run. */
    detect: (name: string, sample: object, { headers }: { headers?: boolean } = {}): Promise<DetectedParameters> =>
      http.json({ method: 'POST', path: of(name), json: sample, query: { headers } }),
    /** The same without another sample. */
    detected: (name: string): Promise<DetectedParameters> => http.json({ path: of(name) }),
    forgetSamples: (name: string): Promise<void> => http.json({ method: 'DELETE', path: of(name) }),
  };
};
