import type { DeadLetterInfo, Page, Redriven } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';

/** Messages between the services that could not be handled. */
export const makeDeadLetters = (http: Http) => ({
  /** Oldest first. */
  list: (query: { stream?: string; limit?: number; cursor?: string } = {}): Promise<Page<DeadLetterInfo>> =>
    http.json({ path: '/v1/dead-letters', query: { ...query } }),
  get: (id: string): Promise<DeadLetterInfo> => http.json({ path: pathOf('v1', 'dead-letters', id) }),
  /** Sends one message again, to where it was sent first. Answers with the letter that it was. */
  redrive: (id: string, { idempotencyKey }: Repeatable = {}): Promise<DeadLetterInfo> =>
    http.json({ method: 'POST', path: pathOf('v1', 'dead-letters', id, 'redrive'), idempotencyKey }),
  /** Sends all of them again, or those of one stream. */
  redriveAll: ({ stream, idempotencyKey }: Repeatable & { stream?: string } = {}): Promise<Redriven> =>
    http.json({ method: 'POST', path: '/v1/dead-letters/redrive', json: { stream }, idempotencyKey }),
});
