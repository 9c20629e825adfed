import type { DeliveryAttempt, DeliveryStatus, RunEventType } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { plainArray, textArray } from '../sql/array-literal.ts';
import type { WebhookSpec } from './definitions.ts';

/** A delivery in the hands of one executor, until its lease ends. */
export interface ClaimedDelivery {
  id: string;
  webhookId: string;
  webhook: string;
  spec: WebhookSpec;
  runId: string;
  version: number;
  type: RunEventType;
  at: string;
  workflow: string;
  chainId: string;
  listId: string | null;
  /** Which attempt this is, from 1. Nobody else has the same. */
  attempt: number;
  firstAttemptAt: Date;
}

/** How an attempt went. */
export interface SettledDelivery {
  id: string;
  attempt: number;
  status: DeliveryStatus;
  /** When to try again; without a meaning unless `pending`. */
  dueAt: Date;
  tried: DeliveryAttempt;
}

/** What an executor sends deliveries with. */
export interface WebhookSending {
  /**
   * Takes deliveries that are due, of every webhook as many as it may have under way less those that are, the longest due first. One that
   * follows another of the same run and webhook waits for it. Who does not settle one within the lease loses it to the next who asks.
   */
  claim(most: number, underWay: ReadonlyMap<string, number>, leaseMs: number): Promise<ClaimedDelivery[]>;
  /** Notes how attempts went. One that somebody else has begun again since is left as it is. */
  settle(settled: readonly SettledDelivery[]): Promise<void>;
  /** Notes whether webhooks fail: `error` null means that the last attempt arrived. Writes only what is new. */
  noteHealth(health: readonly { webhookId: string; error: string | null }[]): Promise<void>;
  /** Its receiver wants no more. @returns whether it was not paused before */
  pauseGone(webhookId: string, error: string): Promise<boolean>;
  /** In how many milliseconds the next delivery is due that is not due yet. */
  nextDueInMs(): Promise<number | undefined>;
  /** The secrets that were made for a webhook and have not ended, sealed, the newest first. */
  madeSecrets(webhookId: string): Promise<string[]>;
  /** What an event of a run holds; undefined when its history is gone. */
  eventData(runId: string, version: number): Promise<{ data: unknown } | undefined>;
  /** One webhook, paused or not. */
  target(name: string): Promise<{ webhookId: string; spec: WebhookSpec } | undefined>;
}

interface ClaimedRow {
  id: string;
  webhook_id: string;
  name: string;
  spec: WebhookSpec;
  run_id: string;
  version: number;
  type: RunEventType;
  at: Date;
  workflow: string;
  chain_id: string;
  list_id: string | null;
  attempts: number;
  first_attempt_at: Date;
}

/** Attempts that are kept with a delivery. More make its row larger, which is written at each of them. */
const ATTEMPTS_KEPT = 20;

export const makeWebhookSending = (database: Database): WebhookSending => ({
  // Locks the rows that it takes and passes over those of others. Indexes: webhook_deliveries_due, webhook_deliveries_of_run.
  claim: async (most, underWay, leaseMs) => {
    const rows = await database.query<ClaimedRow>(
      'claim-deliveries',
      `WITH room AS (
         SELECT w.id, $1::int - coalesce(u.deliveries, 0) AS free FROM nightshift.webhooks w
         LEFT JOIN unnest($2::uuid[], $3::int[]) AS u (id, deliveries) ON u.id = w.id
         WHERE w.paused_at IS NULL AND $1::int > coalesce(u.deliveries, 0)),
       due AS (
         SELECT t.id FROM room CROSS JOIN LATERAL (
           SELECT d.id FROM nightshift.webhook_deliveries d
           WHERE d.webhook_id = room.id AND d.status = 'pending' AND d.due_at <= now() AND NOT EXISTS (
             SELECT FROM nightshift.webhook_deliveries b
             WHERE b.run_id = d.run_id AND b.version < d.version AND b.webhook_id = d.webhook_id AND b.status = 'pending')
           ORDER BY d.due_at LIMIT room.free FOR UPDATE OF d SKIP LOCKED) AS t)
       UPDATE nightshift.webhook_deliveries d
       SET due_at = clock_timestamp() + $4 * interval '1 millisecond', attempts = d.attempts + 1,
         first_attempt_at = coalesce(d.first_attempt_at, clock_timestamp())
       FROM nightshift.webhooks w WHERE d.id = ANY(ARRAY(SELECT id FROM due)) AND w.id = d.webhook_id
       RETURNING d.id, d.webhook_id, w.name, w.spec, d.run_id, d.version, d.type, d.at, d.workflow, d.chain_id, d.list_id,
         d.attempts, d.first_attempt_at`,
      [most, plainArray([...underWay.keys()]), plainArray([...underWay.values()]), leaseMs],
    );
    return rows.map((row) => ({
      id: row.id,
      webhookId: row.webhook_id,
      webhook: row.name,
      spec: row.spec,
      runId: row.run_id,
      version: row.version,
      type: row.type,
      at: row.at.toISOString(),
      workflow: row.workflow,
      chainId: row.chain_id,
      listId: row.list_id,
      attempt: row.attempts,
      firstAttemptAt: row.first_attempt_at,
    }));
  },

  // Index: primary key.
  settle: async (settled) => {
    await database.query(
      'settle-deliveries',
      `UPDATE nightshift.webhook_deliveries d
       SET status = n.status, due_at = n.due_at, settled_at = CASE WHEN n.status <> 'pending' THEN clock_timestamp() END,
         latest = CASE WHEN jsonb_array_length(d.latest) >= ${ATTEMPTS_KEPT} THEN d.latest - 0 ELSE d.latest END || n.tried
       FROM unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[], $5::jsonb[]) AS n (id, attempt, status, due_at, tried)
       WHERE d.id = n.id AND d.attempts = n.attempt AND d.status = 'pending'`,
      [
        plainArray(settled.map(({ id }) => id)),
        plainArray(settled.map(({ attempt }) => attempt)),
        plainArray(settled.map(({ status }) => status)),
        textArray(settled.map(({ dueAt }) => dueAt.toISOString())),
        textArray(settled.map(({ tried }) => JSON.stringify(tried))),
      ],
    );
  },

  // Locks the rows that it changes, in the order of their ids. Index: primary key.
  noteHealth: async (health) => {
    const sorted = [...health].sort((a, b) => (a.webhookId < b.webhookId ? -1 : 1));
    await database.query(
      'note-webhook-health',
      `UPDATE nightshift.webhooks w
       SET failing_since = CASE WHEN n.error IS NOT NULL THEN clock_timestamp() END, last_error = n.error
       FROM unnest($1::uuid[], $2::text[]) AS n (id, error)
       WHERE w.id = n.id AND (w.failing_since IS NULL) = (n.error IS NOT NULL)`,
      [plainArray(sorted.map(({ webhookId }) => webhookId)), textArray(sorted.map(({ error }) => error))],
    );
  },

  pauseGone: async (webhookId, error) => {
    const rows = await database.query(
      'pause-gone',
      `UPDATE nightshift.webhooks SET paused_at = now(), pause_reason = 'gone', last_error = $2
       WHERE id = $1 AND paused_at IS NULL RETURNING id`,
      [webhookId, error],
    );
    return rows.length > 0;
  },

  // Index: webhook_deliveries_due, one step for each webhook.
  nextDueInMs: async () => {
    const [row] = await database.query<{ in_ms: number | null }>(
      'next-delivery',
      `SELECT extract(epoch FROM min(n.due_at) - now())::float8 * 1000 AS in_ms FROM nightshift.webhooks w CROSS JOIN LATERAL (
         SELECT d.due_at FROM nightshift.webhook_deliveries d
         WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.due_at > now() ORDER BY d.due_at LIMIT 1) AS n
       WHERE w.paused_at IS NULL`,
    );
    return row?.in_ms ?? undefined;
  },

  // Index: webhook_secrets_by_webhook.
  madeSecrets: async (webhookId) => {
    const rows = await database.query<{ sealed: string }>(
      'made-secrets',
      `SELECT sealed FROM nightshift.webhook_secrets
       WHERE webhook_id = $1 AND (ends_at IS NULL OR ends_at > now()) ORDER BY made_at DESC LIMIT 2`,
      [webhookId],
    );
    return rows.map(({ sealed }) => sealed);
  },

  // Index: the primary key of run_events.
  eventData: async (runId, version) => {
    const [row] = await database.query<{ data: unknown }>(
      'event-data',
      'SELECT data FROM nightshift.run_events WHERE run_id = $1 AND version = $2',
      [runId, version],
    );
    return row;
  },

  target: async (name) => {
    const [row] = await database.query<{ id: string; spec: WebhookSpec }>(
      'webhook-target',
      'SELECT id, spec FROM nightshift.webhooks WHERE name = $1',
      [name],
    );
    return row && { webhookId: row.id, spec: row.spec };
  },
});
