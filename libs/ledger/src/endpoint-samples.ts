import type { Database } from './database.ts';

/** Shapes of the samples that an endpoint was sent lately. */
export interface EndpointSamples {
  /** Keeps one more; of each workflow the newest `most`, and nothing that is older than `maxAgeMs`, whosever it is. */
  keep(workflow: string, shape: object, most: number, maxAgeMs: number): Promise<void>;
  /** Oldest first. */
  list(workflow: string, maxAgeMs: number): Promise<object[]>;
  /** Forgets all that one was sent. */
  clear(workflow: string): Promise<void>;
}

export const makeEndpointSamples = (database: Database): EndpointSamples => ({
  keep: async (workflow, shape, most, maxAgeMs) => {
    await database.query(
      'keep-endpoint-sample',
      'INSERT INTO nightshift.endpoint_samples (workflow, shape) VALUES ($1, $2)',
      [workflow, JSON.stringify(shape)],
    );
    // Locks the rows that it deletes. Indexes: primary key, endpoint_samples_by_time.
    await database.query(
      'trim-endpoint-samples',
      `DELETE FROM nightshift.endpoint_samples s
       WHERE s.at < clock_timestamp() - $3 * interval '1 millisecond'
         OR (s.workflow = $1 AND s.number <= (
           SELECT number FROM nightshift.endpoint_samples n WHERE n.workflow = $1 ORDER BY number DESC OFFSET $2 LIMIT 1))`,
      [workflow, most, maxAgeMs],
    );
  },

  // Index: primary key.
  list: async (workflow, maxAgeMs) => {
    const rows = await database.query<{ shape: object }>(
      'endpoint-samples',
      `SELECT shape FROM nightshift.endpoint_samples
       WHERE workflow = $1 AND at > clock_timestamp() - $2 * interval '1 millisecond' ORDER BY number`,
      [workflow, maxAgeMs],
    );
    return rows.map(({ shape }) => shape);
  },

  // Index: primary key.
  clear: async (workflow) => {
    await database.query('clear-endpoint-samples', 'DELETE FROM nightshift.endpoint_samples WHERE workflow = $1', [
      workflow,
    ]);
  },
});
