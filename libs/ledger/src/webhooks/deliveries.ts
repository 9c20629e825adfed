import type { DeliveryAttempt, DeliveryStatus, Page, RunEventType, WebhookDelivery } from '@nightshift/contracts';
import type { Database } from '../database.ts';

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined;
  runId?: string | undefined;
}

/** What was sent to webhooks, or is to be. */
export interface WebhookDeliveries {
  /** Of one webhook, those of the newest events first. `cursor` is a delivery's id: the page begins after it. */
  deliveries(name: string, filter: DeliveryFilter, limit: number, cursor?: string): Promise<Page<WebhookDelivery>>;
  /** Has one sent again, as if for the first time. @returns whether there is one */
  redeliver(name: string, deliveryId: string): Promise<boolean>;
  /** Has those sent again whose event happened from a moment on and before another. @returns how many */
  redeliverMany(name: string, range: { from: Date; to: Date }, status: 'delivered' | 'dead'): Promise<number>;
  /** How many are to be sent, and how many were given up, by webhook. */
  countDeliveries(): Promise<{ webhook: string; status: DeliveryStatus; deliveries: number }[]>;
  /** Forgets deliveries that were settled before, and those of webhooks that are gone. @returns how many, `limit` at most of each */
  forgetDeliveries(before: Date, limit: number): Promise<number>;
}

interface Row {
  id: string;
  run_id: string;
  version: number;
  workflow: string;
  type: RunEventType;
  at: Date;
  due_at: Date;
  settled_at: Date | null;
  status: DeliveryStatus;
  attempts: number;
  latest: DeliveryAttempt[];
}

const AGAIN = `status = 'pending', due_at = now(), first_attempt_at = NULL, settled_at = NULL`;
/** Deliveries that one statement puts in line again. Larger holds their locks for longer. */
const AT_ONCE = 5_000;

export const makeWebhookDeliveries = (database: Database): WebhookDeliveries => ({
  // Indexes: webhook_deliveries_by_webhook; with a status that is rare, those of that status; of a run, webhook_deliveries_of_run.
  deliveries: async (name, { status, runId }, limit, cursor) => {
    const conditions = ['d.webhook_id = (SELECT id FROM nightshift.webhooks WHERE name = $1)'];
    const values: unknown[] = [name, limit + 1];
    const add = (condition: (parameter: string) => string, value: unknown): void => {
      conditions.push(condition(`$${values.push(value)}`));
    };
    if (status !== undefined) add((parameter) => `d.status = ${parameter}`, status);
    if (runId !== undefined) add((parameter) => `d.run_id = ${parameter}`, runId);
    if (cursor !== undefined) add((parameter) => `d.id < ${parameter}`, cursor);
    const rows = await database.query<Row>(
      `deliveries-${[status && 'status', runId && 'run', cursor && 'cursor'].filter(Boolean).join('-')}`,
      `SELECT d.id, d.run_id, d.version, d.workflow, d.type, d.at, d.due_at, d.settled_at, d.status, d.attempts, d.latest
       FROM nightshift.webhook_deliveries d WHERE ${conditions.join(' AND ')} ORDER BY d.id DESC LIMIT $2`,
      values,
    );
    const items = rows.slice(0, limit).map(toView);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  },

  redeliver: async (name, deliveryId) => {
    const rows = await database.query(
      'redeliver',
      `UPDATE nightshift.webhook_deliveries SET ${AGAIN}
       WHERE id = $2 AND webhook_id = (SELECT id FROM nightshift.webhooks WHERE name = $1) RETURNING id`,
      [name, deliveryId],
    );
    return rows.length > 0;
  },

  // Indexes: webhook_deliveries_by_webhook, webhook_deliveries_dead. The ids of a time are a range: they begin with it.
  redeliverMany: async (name, { from, to }, status) => {
    let after = '00000000-0000-0000-0000-000000000000';
    for (let redelivered = 0; ;) {
      const rows = await database.query<{ id: string }>(
        'redeliver-many',
        `WITH chosen AS (
           SELECT id FROM nightshift.webhook_deliveries
           WHERE webhook_id = (SELECT id FROM nightshift.webhooks WHERE name = $1) AND status = $2
             AND id >= nightshift.uuid_from_time($3) AND id < nightshift.uuid_from_time($4) AND id > $5
           ORDER BY id LIMIT ${AT_ONCE} FOR UPDATE)
         UPDATE nightshift.webhook_deliveries SET ${AGAIN} WHERE id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING id`,
        [name, status, from, to, after],
      );
      redelivered += rows.length;
      if (rows.length < AT_ONCE) return redelivered;
      after = rows.reduce((last, { id }) => (id > last ? id : last), after);
    }
  },

  // Indexes: webhook_deliveries_due, webhook_deliveries_dead.
  countDeliveries: () =>
    database.query<{ webhook: string; status: DeliveryStatus; deliveries: number }>(
      'count-deliveries',
      `SELECT w.name AS webhook, c.status, c.deliveries FROM nightshift.webhooks w
       CROSS JOIN LATERAL (VALUES
         ('pending', (SELECT count(*)::int FROM nightshift.webhook_deliveries WHERE webhook_id = w.id AND status = 'pending')),
         ('dead', (SELECT count(*)::int FROM nightshift.webhook_deliveries WHERE webhook_id = w.id AND status = 'dead'))
       ) AS c (status, deliveries)`,
    ),

  // Indexes: webhook_deliveries_settled, webhook_deliveries_by_webhook (skipped through, one step for each webhook).
  forgetDeliveries: async (before, limit) => {
    const [row] = await database.query<{ gone: number }>(
      'forget-deliveries',
      `WITH RECURSIVE known AS (
         (SELECT webhook_id FROM nightshift.webhook_deliveries ORDER BY webhook_id LIMIT 1)
         UNION ALL
         SELECT (SELECT d.webhook_id FROM nightshift.webhook_deliveries d WHERE d.webhook_id > k.webhook_id ORDER BY d.webhook_id LIMIT 1)
         FROM known k WHERE k.webhook_id IS NOT NULL),
       orphans AS (
         SELECT d.id FROM known k CROSS JOIN LATERAL (
           SELECT id FROM nightshift.webhook_deliveries WHERE webhook_id = k.webhook_id LIMIT $2) AS d
         WHERE NOT EXISTS (SELECT FROM nightshift.webhooks w WHERE w.id = k.webhook_id) LIMIT $2),
       old AS (
         SELECT id FROM nightshift.webhook_deliveries WHERE settled_at < $1 ORDER BY settled_at LIMIT $2),
       gone AS (
         DELETE FROM nightshift.webhook_deliveries
         WHERE id = ANY(ARRAY(SELECT id FROM orphans UNION SELECT id FROM old)) RETURNING 1)
       SELECT count(*)::int AS gone FROM gone`,
      [before, limit],
    );
    return row!.gone;
  },
});

const toView = (row: Row): WebhookDelivery => ({
  id: row.id,
  runId: row.run_id,
  version: row.version,
  workflow: row.workflow,
  type: row.type,
  at: row.at.toISOString(),
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: row.status === 'pending' ? row.due_at.toISOString() : null,
  settledAt: row.settled_at?.toISOString() ?? null,
  latest: row.latest,
});
