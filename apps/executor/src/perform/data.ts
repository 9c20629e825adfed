import { asFailure, requests, type DataAnswer, type DataRequest } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { failed, isPlatformAway } from './failed.ts';
import type { Perform } from './performed.ts';

/**
 * How long an answer is waited for before the same request is sent again, perhaps to another replica. The first is short
 * because a replica that was killed answers nothing; the later ones give a slow search its time.
 */
const ANSWER_WITHIN_MS = [2_000, 4_000, 8_000, 16_000];

/**
 * Reads or changes things. A change carries a key that is the same however often the step is tried, so that the data service
 * applies it once and answers a repeat with the first answer.
 */
export const makePerformData =
  (bus: Bus): Perform<'data'> =>
  async ({ request }, { journal, step }) => {
    const { depth } = journal.requested;
    const isRead = request.action === 'get' || request.action === 'search';
    const message = (
      isRead
        ? request
        : { ...request, key: `${journal.runId}/${step}/1`, origin: { runId: journal.runId, depth: depth + 1 } }
    ) as DataRequest;
    for (let tried = 0; ; tried++) {
      try {
        const answer = await bus.request<DataAnswer>(requests.data, message, {
          timeoutMs: ANSWER_WITHIN_MS[tried]!,
          unavailable: 'data.unavailable',
        });
        // A thing that is not there is missing, as `$exists` understands it, and not null.
        return { outcome: { kind: 'completed', result: answer ?? undefined } };
      } catch (error) {
        const failure = asFailure(error);
        if (!isPlatformAway(failure)) return failed(failure);
        if (tried === ANSWER_WITHIN_MS.length - 1) throw failure;
      }
    }
  };
