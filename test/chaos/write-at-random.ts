import { setTimeout as delay } from 'node:timers/promises';
import { Client as Postgres } from 'pg';

export interface Writing {
  databaseUrl: string;
  random: () => number;
  /** Names this writer's changes. */
  writer: number;
  /** How many things there may be; few, so that writers meet. */
  things: number;
  /** Between two transactions, at most. */
  pauseMs: number;
  /** Asked after each transaction, with how many statements have been committed. */
  isEnough: (changes: number) => boolean;
}

/** Longer than any statement here: a connection that a killed server has left hanging ends by it. */
const STATEMENT_MAX_MS = 5_000;
const RECONNECT_MS = 100;
/** They are wanted, but not the second that each takes otherwise. */
const DEADLOCKS_AT_ONCE = '-c deadlock_timeout=20ms';

/**
 * Changes `parcels` with plain SQL: transactions of some rows, of which some are rolled back, whole or to a savepoint, and some are lost
 * with their connection. Whoever wants to know what was committed asks the database.
 */
export const writeAtRandom = async ({
  databaseUrl,
  random,
  writer,
  things,
  pauseMs,
  isEnough,
}: Writing): Promise<void> => {
  let written = 0;
  let marks = 0;
  const pick = (limit: number): number => Math.floor(random() * limit);

  const changeOne = async (postgres: Postgres): Promise<void> => {
    const mark = `${writer}-${marks++}`;
    const id = `00000000-0000-4000-8000-${String(pick(things)).padStart(12, '0')}`;
    const isHot = random() < 0.5;
    const dice = random();
    if (dice < 0.5)
      await postgres.query(
        `INSERT INTO parcels (id, mark, hot) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET mark = excluded.mark, hot = excluded.hot`,
        [id, mark, isHot],
      );
    else if (dice < 0.85)
      await postgres.query(`UPDATE parcels SET mark = $2, hot = $3 WHERE id = $1`, [id, mark, isHot]);
    else await postgres.query('DELETE FROM parcels WHERE id = $1', [id]);
  };

  const transact = async (postgres: Postgres): Promise<number> => {
    await postgres.query('BEGIN');
    const statements = 1 + pick(4);
    for (let count = 0; count < statements; count++) await changeOne(postgres);
    if (random() < 0.25) {
      await postgres.query('SAVEPOINT before_that');
      await changeOne(postgres);
      await postgres.query(random() < 0.6 ? 'ROLLBACK TO SAVEPOINT before_that' : 'RELEASE SAVEPOINT before_that');
      if (random() < 0.5) await changeOne(postgres);
    }
    const isKept = random() < 0.8;
    await postgres.query(isKept ? 'COMMIT' : 'ROLLBACK');
    return isKept ? statements : 0;
  };

  let postgres: Postgres | undefined;
  while (!isEnough(written)) {
    try {
      postgres ??= await connect(databaseUrl);
      written += await transact(postgres);
      if (pauseMs > 0) await delay(random() * pauseMs);
    } catch {
      // A deadlock with another writer, or a server that was killed: what the transaction did is not known here.
      await postgres?.end().catch(() => {});
      postgres = undefined;
      await delay(RECONNECT_MS);
    }
  }
  await postgres?.end();
};

const connect = async (connectionString: string): Promise<Postgres> => {
  const postgres = new Postgres({ connectionString, query_timeout: STATEMENT_MAX_MS, options: DEADLOCKS_AT_ONCE });
  postgres.on('error', () => {});
  await postgres.connect();
  return postgres;
};
