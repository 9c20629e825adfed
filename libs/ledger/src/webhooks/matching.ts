import type { RunEventType, RunFeedEvent } from '@nightshift/contracts';
import type { Database } from '../database.ts';
import { derivedId } from '../run-id.ts';
import { plainArray, textArray } from '../sql/array-literal.ts';

/** An event that a webhook is to be told of. */
export interface WantedDelivery {
  webhookId: string;
  event: Pick<RunFeedEvent, 'runId' | 'version' | 'type' | 'at' | 'workflow' | 'chainId' | 'listId'>;
}

/** An event as the ledger has it, and which webhooks have a delivery of it already. */
export interface UntoldEvent {
  event: RunFeedEvent;
  told: string[];
}

/** What finds the deliveries: the trigger service alone. */
export interface WebhookMatching {
  /** Keeps deliveries that are not there yet, due at once. @returns how many are new */
  queue(wanted: readonly WantedDelivery[]): Promise<number>;
  /**
   * Events of these types that happened from a moment on and before another, of which not every one of the webhooks has a delivery, in no
   * order. Reads the pages of that time, of all runs.
   * @param withData false: the events come without what they hold
   */
  untold(
    range: { from: Date; to: Date },
    types: readonly RunEventType[],
    webhookIds: readonly string[],
    withData: boolean,
  ): Promise<UntoldEvent[]>;
  /** Up to when everything was matched, and the ledger's clock. */
  watched(): Promise<{ handledTo: Date; now: Date }>;
  /** Everything before is matched. */
  handled(to: Date): Promise<void>;
}

interface UntoldRow {
  run_id: string;
  version: number;
  type: RunEventType;
  at: Date;
  data: unknown;
  workflow: string;
  chain_id: string;
  list_id: string | null;
  told: string[];
}

export const makeWebhookMatching = (database: Database): WebhookMatching => ({
  queue: async (wanted) => {
    if (wanted.length === 0) return 0;
    const column = (read: (delivery: WantedDelivery) => string | number | null): string => plainArray(wanted.map(read));
    const [row] = await database.query<{ queued: number }>(
      'queue-deliveries',
      `WITH queued AS (
         INSERT INTO nightshift.webhook_deliveries (id, webhook_id, run_id, at, due_at, version, type, workflow, chain_id, list_id)
         SELECT n.id, n.webhook_id, n.run_id, n.at, clock_timestamp(), n.version, n.type, n.workflow, n.chain_id, n.list_id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::int[], $6::text[], $7::text[], $8::uuid[], $9::uuid[])
           AS n (id, webhook_id, run_id, at, version, type, workflow, chain_id, list_id)
         ORDER BY n.id
         ON CONFLICT (id) DO NOTHING RETURNING 1)
       SELECT count(*)::int AS queued FROM queued`,
      [
        column(({ webhookId, event }) => deliveryId(webhookId, event)),
        column(({ webhookId }) => webhookId),
        column(({ event }) => event.runId),
        textArray(wanted.map(({ event }) => event.at)),
        column(({ event }) => event.version),
        column(({ event }) => event.type),
        textArray(wanted.map(({ event }) => event.workflow)),
        column(({ event }) => event.chainId),
        column(({ event }) => event.listId ?? null),
      ],
    );
    return row!.queued;
  },

  // Indexes: run_events_by_time, webhook_deliveries_of_run, the primary key of runs.
  untold: async ({ from, to }, types, webhookIds, withData) => {
    const rows = await database.query<UntoldRow>(
      'untold-events',
      `SELECT e.run_id, e.version, e.type, e.at, CASE WHEN $5 THEN e.data END AS data, r.workflow,
         coalesce(r.chain_id, r.id) AS chain_id, r.list_id, t.told
       FROM nightshift.run_events e
       CROSS JOIN LATERAL (
         SELECT coalesce(array_agg(d.webhook_id::text), '{}') AS told FROM nightshift.webhook_deliveries d
         WHERE d.run_id = e.run_id AND d.version = e.version AND d.webhook_id = ANY($4::uuid[])) AS t
       JOIN nightshift.runs r ON r.id = e.run_id
       WHERE e.at >= $1 AND e.at < $2 AND e.type = ANY($3::text[]) AND cardinality(t.told) < cardinality($4::uuid[])`,
      [from, to, types, webhookIds, withData],
    );
    return rows.map(({ told, ...row }) => ({ told, event: toFeedEvent(row, withData) }));
  },

  watched: async () => {
    const [row] = await database.query<{ handled_to: Date; now: Date }>(
      'webhooks-watched',
      'SELECT handled_to, clock_timestamp() AS now FROM nightshift.webhook_watch',
    );
    return { handledTo: row!.handled_to, now: row!.now };
  },

  handled: async (to) => {
    await database.query(
      'webhooks-handled',
      'UPDATE nightshift.webhook_watch SET handled_to = $1 WHERE handled_to < $1',
      [to],
    );
  },
});

/** However often an event is found, its delivery is the same one. */
const deliveryId = (webhookId: string, { runId, version, at }: WantedDelivery['event']): string =>
  derivedId(Date.parse(at), 'webhook', webhookId, runId, version);

const toFeedEvent = (row: Omit<UntoldRow, 'told'>, withData: boolean): RunFeedEvent => ({
  runId: row.run_id,
  version: row.version,
  type: row.type,
  at: row.at.toISOString(),
  workflow: row.workflow,
  chainId: row.chain_id,
  ...(row.list_id !== null && { listId: row.list_id }),
  ...(withData && { data: row.data }),
});
