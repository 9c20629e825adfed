import type { BulkResult, DataAnswer, Origin, SearchResult } from '@nightshift/contracts';
import type { EffectOf } from '@nightshift/workflow-core';
import { failedWith, type Occasion, type Performed } from '../runs/performed.ts';
import type { AnswerData } from '../things/answer.ts';
import type { Store } from '../things/store.ts';

/** Asks for things in the name of a run. */
export type AskData = (store: Store, request: EffectOf<'data'>['request'], occasion: Occasion) => DataAnswer;

export const makeAskData =
  (answer: AnswerData): AskData =>
  (store, request, { runId, requested }) => {
    const origin: Origin = { runId, depth: requested.depth + 1 };
    return answer(store, request as Parameters<AnswerData>[1], origin, requested.requestedBy?.user);
  };

/** What an answer means for the step. */
export const toPerformed = ({ request, isStrict }: EffectOf<'data'>, answer: DataAnswer): Performed => {
  const detail = nothingFound(request);
  if (isStrict && isNothing(request.action, answer)) return failedWith('thing.not_found', { detail });
  const isMissed = answer === null && (request.action === 'change' || request.action === 'delete');
  if (isMissed) return { outcome: { kind: 'skipped', reason: detail } };
  return { outcome: { kind: 'completed', result: structuredClone(answer ?? undefined) } };
};

const isNothing = (action: string, answer: DataAnswer): boolean => {
  if (answer === null) return true;
  if (action === 'search') return (answer as SearchResult).items.length === 0;
  if (action === 'changeList' || action === 'deleteList' || action === 'copy')
    return Object.values(answer as BulkResult).includes(0);
  return false;
};

const nothingFound = (request: EffectOf<'data'>['request']): string =>
  'id' in request
    ? `there is no ${request.type} with the id ${request.id}`
    : `the ${request.action} found no ${request.type}`;
