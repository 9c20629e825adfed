import type { DataAnswer } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Queryable } from '../database/queryable.ts';
import { isPostgresError, sqlState } from '../database/postgres-error.ts';
import type { Row, RunStatement } from '../database/row-statement.ts';
import type { Assignment } from './assignment.ts';
import { readKeptAnswer, type KeptAnswer } from './kept-answer.ts';
import { guardedFailure } from '../privacy/guarded-failure.ts';
import { thingFailure } from './thing-failure.ts';

/** Where requests are performed: on any connection of the pool, or on the one of an open transaction. */
export interface Workplace {
  run: RunStatement;
  /** For looking up what an error means; never the connection on which it happened. */
  db: Queryable;
  /** Whether an error takes back what came before it, so that nothing can be tried again here. */
  isTransaction: boolean;
  onApplied: (answer: 'new' | 'repeated') => void;
}

/** A change as one statement, and how its answer is read from the first row or from what was kept. */
export interface PreparedChange<Answer> {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly assignments: readonly Assignment[];
  /** A user asks for it, who must not learn from a refusal what he may not see. */
  readonly isGuarded?: boolean;
  answerOf(row: Row | undefined): Answer;
  keptAnswerOf(kept: KeptAnswer): Answer;
}

/** Deadlocks are rare, because things are locked in the order of their ids; the second try all but always succeeds. */
const DEADLOCK_TRIES = 3;

/**
 * Makes a change; with a key exactly once, however often and from wherever it is asked: the key alone decides, not what is asked
 * under it. A refusal is not kept: the next request under that key is tried anew.
 * @throws Failure `thing.invalid`, `thing.in_conflict`, `privacy.denied`, `data.unavailable`
 */
export const applyChange = async <Answer extends DataAnswer>(
  { run, db, isTransaction, onApplied }: Workplace,
  type: StoredType,
  key: string | undefined,
  change: PreparedChange<Answer>,
): Promise<Answer> => {
  const tries = isTransaction ? 1 : DEADLOCK_TRIES;
  for (let attempt = 1; ; attempt++) {
    try {
      const [row] = await run(change.text, change.values);
      if (key !== undefined) onApplied('new');
      return change.answerOf(row);
    } catch (error) {
      // Whatever the repeat ran into (the key itself, a unique field, a thing that is gone), the kept answer comes first.
      const kept =
        key === undefined || !isPostgresError(error)
          ? undefined
          : await readKeptAnswer(run, key).catch(() => undefined);
      if (kept !== undefined) {
        onApplied('repeated');
        return change.keptAnswerOf(kept);
      }
      const isDeadlock = isPostgresError(error) && error.code === sqlState.deadlock;
      if (isDeadlock && attempt < tries) continue;
      const guarded = change.isGuarded === true ? guardedFailure(type.name, error) : undefined;
      throw guarded ?? (await thingFailure(db, type.name, error, change.assignments));
    }
  }
};
