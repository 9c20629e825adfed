import { Failure, type BulkResult, type DataRequest } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { NewReading } from '../search/source.ts';
import { applyChange, type Workplace } from './apply-change.ts';
import type { Assignment } from './assignment.ts';
import { bulkStatement } from './bulk-statement.ts';
import { checkChange } from './check-fields.ts';
import { readKeptAnswer, type KeptAnswer } from './kept-answer.ts';
import { selectionOf } from './selection.ts';
import { withCreator } from './with-creator.ts';

export type BulkRequest = Extract<DataRequest, { action: 'changeList' | 'deleteList' | 'copy' }>;

/**
 * Changes, deletes or copies many things, all of them or none, as `applyChange` does.
 * @throws Failure `request.invalid`, `search.invalid`, `thing.invalid`, `thing.in_conflict`, `search.too_many`, `data.unavailable`
 */
export const writeThings = async (
  workplace: Workplace,
  type: StoredType,
  request: BulkRequest,
  newReading: NewReading,
): Promise<BulkResult> => {
  const { action, key, origin } = request;
  const selection = selectionOf(type, request);
  const assignments = assignmentsOf(type, request);
  const reading = newReading();
  const { text, values } = bulkStatement(type, { action, selection, assignments, key, origin }, reading);
  if (key !== undefined) {
    // The statement itself notices a repeat, but only when it has done everything again.
    const kept = await readKeptAnswer(workplace.run, key).catch(() => undefined);
    if (kept !== undefined) {
      workplace.onApplied('repeated');
      return asBulkResult(kept);
    }
  }
  return applyChange(workplace, type, key, {
    text,
    values,
    assignments,
    isGuarded: reading.reader !== undefined,
    answerOf: (row) => asBulkResult(JSON.parse(row![0]!) as KeptAnswer),
    keptAnswerOf: asBulkResult,
  });
};

const asBulkResult = (kept: KeptAnswer): BulkResult => kept as BulkResult;

const assignmentsOf = (type: StoredType, request: BulkRequest): readonly Assignment[] => {
  switch (request.action) {
    case 'changeList':
      return checkChange(type, request);
    case 'copy':
      if (!type.id.hasDefault) {
        const detail = `has no default in the table ${type.name}, so a copy would have none`;
        throw new Failure('thing.invalid', { detail: `id ${detail}`, errors: [{ pointer: '/id', detail }] });
      }
      return withCreator(type, checkChange(type, { fields: request.fields ?? {} }), request.as);
    case 'deleteList':
      return [];
  }
};
