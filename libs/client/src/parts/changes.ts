import type { ChangeGap, Page } from '@nightshift/contracts';
import type { Http } from '../transport/http.ts';

export const makeChanges = (http: Http) => ({
  /** Changes of data that became no events, and started no run: the last gap first. */
  gaps: async (): Promise<ChangeGap[]> => (await http.json<Page<ChangeGap>>({ path: '/v1/changes/gaps' })).items,
});
