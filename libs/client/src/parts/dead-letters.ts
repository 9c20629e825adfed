import type { DeadLetterInfo, Page, Redriven } from '@nightshift/contracts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';
import { allOf } from './all-of.ts';

export interface DeadLetterSearch {
  stream?: string;
  /** Of one page. */
  limit?: number;
  cursor?: string;
}

/** Messages between the services that could not be handled. */
export const makeDeadLetters = (http: Http) => {
  const list = (query: DeadLetterSearch = {}): Promise<Page<DeadLetterInfo>> =>
    http.json({ path: '/v1/dead-letters', query: { ...query } });
  return {
    /** Oldest first. */
    list,
    all: (query: DeadLetterSearch = {}): AsyncGenerator<DeadLetterInfo> =>
      allOf((cursor) => list({ ...query, cursor })),
    get: (id: string): Promise<DeadLetterInfo> => http.json({ path: pathOf('v1', 'dead-letters', id) }),
    /** Sends one message again, to where it was sent first. Answers with the letter that it was. */
    redrive: (id: string, options?: Repeatable): Promise<DeadLetterInfo> =>
      http.json({ ...options, method: 'POST', path: pathOf('v1', 'dead-letters', id, 'redrive') }),
    /** Sends all of them again, or those of one stream. */
    redriveAll: ({ stream, ...options }: Repeatable & { stream?: string } = {}): Promise<Redriven> =>
      http.json({ ...options, method: 'POST', path: '/v1/dead-letters/redrive', json: { stream } }),
  };
};
