import type { DataRequest, Thing } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { thingFromAnswer, thingFromRow } from '../catalog/stored-type.ts';
import type { NewReading } from '../search/source.ts';
import { guardedWriteStatement } from '../privacy/guarded-write.ts';
import { applyChange, type PreparedChange, type Workplace } from './apply-change.ts';
import { parametersOf, type Assignment } from './assignment.ts';
import { checkChange, checkFields } from './check-fields.ts';
import { canBeId, readThing } from './read-thing.ts';
import { rememberedStatement } from './remembered-statement.ts';
import { withCreator } from './with-creator.ts';
import { writeStatement, type WriteShape } from './write-statement.ts';

export type WriteRequest = Extract<DataRequest, { action: 'create' | 'change' | 'delete' }>;

/**
 * Creates, changes or deletes a thing, as `applyChange` does; null when there is none to change or delete.
 * @throws Failure `thing.invalid`, `thing.in_conflict`, `privacy.denied`, `data.unavailable`
 */
export const writeThing = async (
  workplace: Workplace,
  type: StoredType,
  request: WriteRequest,
  newReading: NewReading,
): Promise<Thing | null> => {
  const assignments = assignmentsOf(type, request);
  if (request.action !== 'create' && !canBeId(type, request.id)) return null;
  // Nothing to set is a read; what it answers may differ from one repeat to the next, but nothing is done twice.
  if (request.action === 'change' && assignments.length === 0)
    return readThing(workplace.run, type, request.id, newReading);
  const reading = newReading();
  const { reader } = reading;
  const statement =
    reader === undefined
      ? plainStatement(type, request, assignments)
      : guardedWriteStatement(type, { ...request, assignments }, { ...reading, reader });
  return applyChange(workplace, type, request.key, {
    ...statement,
    assignments,
    isGuarded: reader !== undefined,
    answerOf: (row) => (row === undefined ? null : thingFromRow(type, row)),
    keptAnswerOf: (kept) => (kept === null ? null : thingFromAnswer(type, kept as Record<string, string | null>)),
  });
};

const plainStatement = (
  type: StoredType,
  request: WriteRequest,
  assignments: readonly Assignment[],
): Pick<PreparedChange<Thing | null>, 'text' | 'values'> => {
  const { action, key, origin } = request;
  const shape: WriteShape = { action, assignments, isKeyed: key !== undefined, isTagged: origin !== undefined };
  return {
    text: statementOf(type, shape),
    values: [
      ...(origin === undefined ? [] : [JSON.stringify(origin)]),
      ...(key === undefined ? [] : [key]),
      ...(action === 'create' ? [] : [request.id]),
      ...parametersOf(assignments),
    ],
  };
};

const assignmentsOf = (type: StoredType, request: WriteRequest): readonly Assignment[] => {
  switch (request.action) {
    case 'create':
      return withCreator(type, checkFields(type, request.fields), request.as);
    case 'change':
      return checkChange(type, request);
    case 'delete':
      return [];
  }
};

const statementOf = (type: StoredType, shape: WriteShape): string =>
  rememberedStatement(
    type,
    `${shape.action} ${shape.isKeyed} ${shape.isTagged} ${shape.assignments.map((a) => `${a.operation} ${a.column.name}`).join()}`,
    () => writeStatement(type, shape),
  );
