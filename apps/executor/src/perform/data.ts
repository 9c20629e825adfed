import {
  asFailure,
  requests,
  type BulkResult,
  type DataAnswer,
  type DataRequest,
  type SearchResult,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { EffectOf } from '@nightshift/workflow-core';
import { originOf } from './acting-user.ts';
import { effectKey } from './effect-key.ts';
import { failed, failedWith, isPlatformAway } from './failed.ts';
import type { Occasion, Perform, Performed } from './performed.ts';

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
  (bus: Pick<Bus, 'request'>): Perform<'data'> =>
  async (effect, occasion) => {
    const message = messageOf(effect, occasion);
    for (let tried = 0; ; tried++) {
      try {
        const answer = await bus.request<DataAnswer>(requests.data, message, {
          timeoutMs: ANSWER_WITHIN_MS[tried]!,
          unavailable: 'data.unavailable',
        });
        return toPerformed(effect, answer);
      } catch (error) {
        const failure = asFailure(error);
        if (!isPlatformAway(failure)) return failed(failure);
        if (tried === ANSWER_WITHIN_MS.length - 1) throw failure;
      }
    }
  };

const messageOf = ({ request }: EffectOf<'data'>, occasion: Occasion): DataRequest => {
  const { as } = occasion;
  if (request.action === 'get' || request.action === 'search') return as === undefined ? request : { ...request, as };
  const change = { ...request, key: effectKey(occasion), origin: originOf(occasion) } as DataRequest;
  return as === undefined ? change : { ...change, as };
};

/** What the data service's answer means for the step. */
export const toPerformed = ({ request, isStrict }: EffectOf<'data'>, answer: DataAnswer): Performed => {
  if (isStrict && isNothing(request, answer)) return failedWith('thing.not_found', { detail: nothingFound(request) });
  const isMissed = answer === null && (request.action === 'change' || request.action === 'delete');
  if (isMissed) return { outcome: { kind: 'skipped', reason: nothingFound(request) } };
  // A thing that is not there is missing, as `$exists` understands it, and not null.
  return { outcome: { kind: 'completed', result: answer ?? undefined } };
};

const isNothing = ({ action }: EffectOf<'data'>['request'], answer: DataAnswer): boolean => {
  if (answer === null) return true;
  if (action === 'search') return (answer as SearchResult).items.length === 0;
  if (action !== 'changeList' && action !== 'deleteList' && action !== 'copy') return false;
  return Object.values(answer as BulkResult).includes(0);
};

const nothingFound = (request: EffectOf<'data'>['request']): string =>
  'id' in request
    ? `there is no ${request.type} with the id ${request.id}`
    : `the ${request.action} found no ${request.type}`;
