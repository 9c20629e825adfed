import { createClient, type Client } from '@nightshift/client';
import type { Cluster } from '@nightshift/testing';
import { Client as Postgres } from 'pg';

/** A client of one of the gateways, which asks once: scenarios try again themselves. */
export const clientOf = (cluster: Cluster, gateway = 0): Client =>
  createClient({ url: cluster.gatewayUrls[gateway % cluster.gatewayUrls.length]!, key: cluster.adminKey, retries: 0 });

/** Saves and publishes a workflow. */
export const publish = async (
  client: Client,
  document: Record<string, unknown> & { workflow: string },
): Promise<void> => {
  await client.workflows.save(document.workflow, document);
  await client.workflows.publish(document.workflow);
};

/** One row per effect that a step had: `what` names the effect, so that a second one shows. */
export const declareEffects = (client: Client): Promise<unknown> =>
  client.types.declare('effects', { what: { kind: 'text', required: true }, at: { kind: 'dateTime' } });

/** Rows of a query as a user in psql sees them. */
export const query = async <Row extends object>(
  cluster: Cluster,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> => {
  const postgres = new Postgres(cluster.databaseUrl);
  await postgres.connect();
  try {
    return (await postgres.query<Row>(sql, values)).rows;
  } finally {
    await postgres.end();
  }
};

/** How often each effect happened. */
export const countEffects = async (cluster: Cluster): Promise<{ effects: number; repeated: string[] }> => {
  const rows = await query<{ what: string; times: number }>(
    cluster,
    'SELECT what, count(*)::int AS times FROM effects GROUP BY what',
  );
  return {
    effects: rows.length,
    repeated: rows.filter(({ times }) => times > 1).map(({ what, times }) => `${what}: ${times}`),
  };
};
