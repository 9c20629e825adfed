import type { WebhookBody, WebhookPauseReason, WebhookView } from '@nightshift/contracts';
import { runEndTypes } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { newId } from '../run-id.ts';

/** What is kept of a webhook's body. */
export type WebhookSpec = Omit<WebhookBody, 'paused'>;

/** A webhook as whoever matches or sends reads it. */
export interface Webhook {
  id: string;
  name: string;
  /** It is told of what has happened since. */
  createdAt: Date;
  isPaused: boolean;
  spec: WebhookSpec;
}

/** Who is told of run events. */
export interface WebhookDefinitions {
  /**
   * Keeps a webhook, in place of one of the same name.
   * @param sealed the secret that is made for it, unless it has one that was made already
   * @returns whether that secret is the one that it signs with
   */
  put(name: string, spec: WebhookSpec, isPaused: boolean | undefined, sealed?: string): Promise<boolean>;
  /** Undefined: there is none. */
  find(name: string): Promise<WebhookView | undefined>;
  /** All of them, by name. */
  list(): Promise<WebhookView[]>;
  /** As whoever matches or sends them reads them. */
  all(): Promise<Webhook[]>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
  /** @returns whether there is one */
  pause(name: string): Promise<boolean>;
  /** @returns whether there is one */
  resume(name: string): Promise<boolean>;
  /** Puts a new secret beside the one that was made before, which signs until `oldEndsAt`. @returns whether there is such a webhook */
  rotate(name: string, sealed: string, oldEndsAt: Date): Promise<boolean>;
}

interface Row {
  id: string;
  created_at: Date;
  updated_at: Date;
  paused_at: Date | null;
  failing_since: Date | null;
  name: string;
  pause_reason: WebhookPauseReason | null;
  last_error: string | null;
  spec: WebhookSpec;
  pending: number;
  dead: number;
}

/** Indexes: webhook_deliveries_due, webhook_deliveries_dead. */
const VIEW = `w.*,
  (SELECT count(*)::int FROM nightshift.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending') AS pending,
  (SELECT count(*)::int FROM nightshift.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'dead') AS dead`;

export const makeWebhookDefinitions = (database: Database): WebhookDefinitions => {
  const named = async (statement: string, text: string, values: unknown[]): Promise<boolean> =>
    (await database.query(statement, text, values)).length > 0;

  return {
    // Locks the webhook's row: of two who make a secret, the second finds the first one's.
    put: (name, spec, isPaused, sealed) =>
      database.transaction(async (client) => {
        const { rows } = await client.query<{ id: string }>({
          name: 'put-webhook',
          text: `INSERT INTO nightshift.webhooks AS w (id, name, spec, paused_at, pause_reason)
            VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, CASE WHEN $4 THEN 'asked' END)
            ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, updated_at = now(),
              paused_at = CASE WHEN $4 IS NULL THEN w.paused_at WHEN $4 THEN coalesce(w.paused_at, now()) END,
              pause_reason = CASE WHEN $4 IS NULL THEN w.pause_reason WHEN $4 THEN coalesce(w.pause_reason, 'asked') END
            RETURNING id`,
          values: [newId(Date.now()), name, JSON.stringify(spec), isPaused ?? null],
        });
        if (sealed === undefined) return false;
        const { rowCount } = await client.query({
          name: 'make-webhook-secret',
          text: `INSERT INTO nightshift.webhook_secrets (webhook_id, sealed)
            SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM nightshift.webhook_secrets WHERE webhook_id = $1)`,
          values: [rows[0]!.id, sealed],
        });
        return rowCount === 1;
      }),

    find: async (name) => {
      const [row] = await database.query<Row>(
        'find-webhook',
        `SELECT ${VIEW} FROM nightshift.webhooks w WHERE w.name = $1`,
        [name],
      );
      return row && toView(row);
    },

    list: async () => {
      const rows = await database.query<Row>(
        'list-webhooks',
        `SELECT ${VIEW} FROM nightshift.webhooks w ORDER BY w.name`,
      );
      return rows.map(toView);
    },

    all: async () => {
      const rows = await database.query<Pick<Row, 'id' | 'name' | 'created_at' | 'paused_at' | 'spec'>>(
        'all-webhooks',
        'SELECT id, name, created_at, paused_at, spec FROM nightshift.webhooks ORDER BY name',
      );
      return rows.map(({ id, name, created_at: createdAt, paused_at: pausedAt, spec }) => ({
        ...{ id, name, createdAt, spec },
        isPaused: pausedAt !== null,
      }));
    },

    // Its deliveries are nobody's from here on: they are not sent, and the scheduler forgets them.
    remove: async (name) =>
      named(
        'remove-webhook',
        `WITH gone AS (DELETE FROM nightshift.webhooks WHERE name = $1 RETURNING id),
           secrets AS (DELETE FROM nightshift.webhook_secrets WHERE webhook_id IN (SELECT id FROM gone))
         SELECT id FROM gone`,
        [name],
      ),

    pause: (name) =>
      named(
        'pause-webhook',
        `UPDATE nightshift.webhooks SET paused_at = coalesce(paused_at, now()), pause_reason = coalesce(pause_reason, 'asked')
         WHERE name = $1 RETURNING id`,
        [name],
      ),

    resume: (name) =>
      named(
        'resume-webhook',
        'UPDATE nightshift.webhooks SET paused_at = NULL, pause_reason = NULL WHERE name = $1 RETURNING id',
        [name],
      ),

    rotate: (name, sealed, oldEndsAt) =>
      database.transaction(async (client) => {
        const { rows } = await client.query<{ id: string }>({
          name: 'lock-webhook',
          text: 'SELECT id FROM nightshift.webhooks WHERE name = $1 FOR UPDATE',
          values: [name],
        });
        const id = rows[0]?.id;
        if (id === undefined) return false;
        await client.query({
          name: 'drop-webhook-secrets',
          text: 'DELETE FROM nightshift.webhook_secrets WHERE webhook_id = $1 AND ends_at IS NOT NULL',
          values: [id],
        });
        await client.query({
          name: 'end-webhook-secret',
          text: 'UPDATE nightshift.webhook_secrets SET ends_at = $2 WHERE webhook_id = $1',
          values: [id, oldEndsAt],
        });
        await client.query({
          name: 'add-webhook-secret',
          text: 'INSERT INTO nightshift.webhook_secrets (webhook_id, sealed) VALUES ($1, $2)',
          values: [id, sealed],
        });
        return true;
      }),
  };
};

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const toView = (row: Row): WebhookView => {
  const { url, events = [...runEndTypes], workflow, filter, secret = null, headers, payloads = false } = row.spec;
  return {
    name: row.name,
    url,
    events,
    ...(workflow !== undefined && { workflow }),
    ...(filter !== undefined && { filter }),
    secret,
    ...(headers !== undefined && { headers }),
    payloads,
    paused: row.paused_at !== null,
    pausedAt: iso(row.paused_at),
    pauseReason: row.pause_reason,
    failingSince: iso(row.failing_since),
    lastError: row.last_error,
    pending: row.pending,
    dead: row.dead,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
};
