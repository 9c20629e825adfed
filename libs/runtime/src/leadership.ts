import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from './logger.ts';

export interface LeadershipOptions {
  /** Not through a pooler in transaction mode: the lock belongs to the session. */
  connectionString: string;
  /** Who holds the lock of this name leads; of all processes on this database, one. */
  name: string;
  /** When it rejects, the leadership is given back and sought again. */
  onGained: () => Promise<void>;
  /** Called once for each gain, when the leadership is lost or given back. On `close` the lock is kept until it is done. */
  onLost: () => void | Promise<void>;
  /**
   * How long a leader may be silent, because it was stopped or its machine is gone, before Postgres ends its session and the next one
   * leads. Smaller takes a leader that was merely busy for a dead one. Absent: only a connection that is lost is a leadership that is lost.
   */
  patienceMs?: number;
  logger?: Logger;
}

export interface Leadership {
  readonly isLeader: boolean;
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 200;
const MOST_RETRY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * How soon a leader finds out that its connection leads nowhere. Smaller is more traffic; larger is a longer time in which a
 * leader that was cut off and its successor both act.
 */
const LEADER_CHECK_MS = 5_000;
const KEEPALIVE_DELAY_MS = 10_000;

/**
 * The server must notice a vanished holder within half a minute, and a vanished standby while it waits, for a dead waiter would be
 * given the lock next. The lock time-out makes a standby ask again, so that it finds out when its own connection leads nowhere.
 */
const SESSION_SETTINGS = `
  set statement_timeout = 0;
  set lock_timeout = '60s';
  set tcp_keepalives_idle = 10;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 3;
  set client_connection_check_interval = '5s'`;

const LOCK_ANSWER_MS = 75_000;
const LOCK_TIMED_OUT = '55P03';

const lockKey = (name: string): string =>
  createHash('sha256').update(`nightshift/leadership/${name}`).digest().readBigInt64BE(0).toString();

/**
 * Seeks the leadership of a name and holds it, over a Postgres advisory lock on a connection of its own. States: connecting,
 * standing by (blocked in `pg_advisory_lock`, so that taking over is an event), leading, closed. A connection that is lost, at any
 * time, is a leadership that is lost, and begins anew with a growing delay.
 */
export const holdLeadership = (options: LeadershipOptions): Leadership => {
  const { connectionString, name, onGained, onLost, patienceMs, logger } = options;
  const checkMs = patienceMs === undefined ? LEADER_CHECK_MS : patienceMs / 4;
  const key = lockKey(name);
  const closing = new AbortController();
  let client: pg.Client | undefined;
  let isLeader = false;

  const lose = async (): Promise<void> => {
    if (!isLeader) return;
    isLeader = false;
    logger?.info({ leadership: name }, 'leadership ended');
    try {
      await onLost();
    } catch (error) {
      logger?.error({ err: error, leadership: name }, 'ending the leadership failed');
    }
  };

  /** One connection, from its beginning to its end. Resolves to whether it led. */
  const term = async (): Promise<boolean> => {
    const current = new pg.Client({
      connectionString,
      application_name: `leadership of ${name}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client = current;
    const ended = new Promise<void>((resolve) => current.once('end', resolve));
    current.on('error', (error) => logger?.warn({ err: error, leadership: name }, 'leadership connection lost'));
    let hasLed = false;
    try {
      await current.connect();
      await current.query(SESSION_SETTINGS);
      // Waiting for the lock is not idling: this is about the time after it.
      if (patienceMs !== undefined) await current.query(`set idle_session_timeout = ${Math.round(patienceMs)}`);
      await waitForLock(current);
      if (closing.signal.aborted) return hasLed;
      isLeader = true;
      hasLed = true;
      logger?.info({ leadership: name }, 'leadership gained');
      await Promise.race([onGained(), ended]);
      await checkUntilEnded(current, ended);
    } finally {
      if (!closing.signal.aborted) await lose();
      if (!closing.signal.aborted) await endOf(current);
    }
    return hasLed;
  };

  const waitForLock = async (current: pg.Client): Promise<void> => {
    const query = { text: 'select pg_advisory_lock($1::bigint)', values: [key], query_timeout: LOCK_ANSWER_MS };
    for (;;) {
      try {
        await current.query(query);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== LOCK_TIMED_OUT) throw error;
      }
    }
  };

  /** Resolves when the connection has ended; rejects when it does not answer any more. */
  const checkUntilEnded = async (current: pg.Client, ended: Promise<void>): Promise<void> => {
    const question = { text: 'select 1', query_timeout: patienceMs ?? LEADER_CHECK_MS };
    let isOver = false;
    const over = ended.then(() => (isOver = true));
    while (!isOver && !closing.signal.aborted) {
      const interval = new AbortController();
      const signal = AbortSignal.any([interval.signal, closing.signal]);
      await Promise.race([over, pause(checkMs, undefined, { signal }).catch(() => {})]);
      interval.abort();
      if (isOver || closing.signal.aborted) return;
      await Promise.race([current.query(question), over]);
    }
  };

  const seek = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        if (await term()) attempt = 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        logger?.warn({ err: error, leadership: name }, 'leadership is sought again');
      }
      if (closing.signal.aborted) return;
      const delayMs =
        Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.75 + Math.random() * 0.5);
      await pause(delayMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const sought = seek();

  return {
    get isLeader() {
      return isLeader;
    },
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      await lose();
      if (client !== undefined) await endOf(client);
      await sought;
    },
  };
};

/** Ends the connection, also one that is blocked waiting or that leads nowhere. */
const endOf = async (client: pg.Client): Promise<void> => {
  const bound = AbortSignal.timeout(1_000);
  await Promise.race([
    client.end().catch(() => {}),
    new Promise((resolve) => bound.addEventListener('abort', resolve, { once: true })),
  ]);
};
