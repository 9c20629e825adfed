import type { DataRequest, Origin, Thing } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { thingFromAnswer, thingFromRow } from '../catalog/stored-type.ts';
import type { Queryable } from '../database/queryable.ts';
import { isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { RunStatement } from '../database/row-statement.ts';
import { checkFields, type Assignment } from './check-fields.ts';
import { readKeptAnswer } from './kept-answer.ts';
import { canBeId, readThing } from './read-thing.ts';
import { rememberedStatement } from './remembered-statement.ts';
import { thingFailure } from './thing-failure.ts';
import { writeStatement, type WriteShape } from './write-statement.ts';

export type WriteRequest = Extract<DataRequest, { action: 'create' | 'change' | 'delete' }>;

export interface WriteThingDeps {
  run: RunStatement;
  /** For looking up what an error means. */
  db: Queryable;
  onApplied: (answer: 'new' | 'repeated') => void;
}

const nothing: Assignment = { columns: [], parameters: [] };
/** Two statements can deadlock only over several rows, so the second try all but always succeeds. */
const DEADLOCK_TRIES = 3;

/**
 * Creates, changes or deletes a thing; with a key exactly once, however often and from wherever it is asked: the key alone
 * decides, not what is asked under it. A refusal is not kept: the next request under that key is tried anew.
 * @throws Failure `thing.invalid`, `thing.in_conflict`, `data.unavailable`
 */
export const makeWriteThing =
  ({ run, db, onApplied }: WriteThingDeps) =>
  async (type: StoredType, request: WriteRequest): Promise<Thing | null> => {
    const { columns, parameters } =
      request.action === 'delete' ? nothing : checkFields(type, request.fields, request.action);
    if (request.action !== 'create' && !canBeId(type, request.id)) return null;
    // Nothing to set is a read; what it answers may differ from one repeat to the next, but nothing is done twice.
    if (request.action === 'change' && columns.length === 0) return readThing(run, type, request.id);
    const { key, origin } = request;
    const shape: WriteShape = {
      action: request.action,
      columns,
      isKeyed: key !== undefined,
      isTagged: origin !== undefined,
    };
    const values = [
      ...(origin === undefined ? [] : [tagOf(origin)]),
      ...(key === undefined ? [] : [key]),
      ...(request.action === 'create' ? [] : [request.id]),
      ...parameters,
    ];
    const statement = statementOf(type, shape);

    for (let attempt = 1; ; attempt++) {
      try {
        const [row] = await run(statement, values);
        if (key !== undefined) onApplied('new');
        return row === undefined ? null : thingFromRow(type, row);
      } catch (error) {
        // Whatever the repeat ran into (the key itself, a unique field, a thing that is gone), the kept answer comes first.
        const kept = key === undefined || !isPostgresError(error) ? undefined : await keptAnswer(run, key);
        if (kept !== undefined) {
          onApplied('repeated');
          return kept === null ? null : thingFromAnswer(type, kept);
        }
        const isDeadlock = isPostgresError(error) && error.code === sqlState.deadlock;
        if (!isDeadlock || attempt === DEADLOCK_TRIES) throw await thingFailure(db, type.name, error);
      }
    }
  };

const keptAnswer = (run: RunStatement, key: string): Promise<Record<string, string | null> | null | undefined> =>
  readKeptAnswer(run, key).catch(() => undefined);

const tagOf = (origin: Origin): string => JSON.stringify(origin);

const statementOf = (type: StoredType, shape: WriteShape): string =>
  rememberedStatement(
    type,
    `${shape.action} ${shape.isKeyed} ${shape.isTagged} ${shape.columns.map((c) => c.name).join()}`,
    () => writeStatement(type, shape),
  );
