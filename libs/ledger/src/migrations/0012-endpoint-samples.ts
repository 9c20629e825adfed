import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What endpoints have been sent as samples: the shapes of them. */
export const EndpointSamples1700000000012 = class implements MigrationInterface {
  readonly name = 'EndpointSamples1700000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- A few of each workflow, of the last hour. No value of a sample is kept: only what its schema is.
CREATE TABLE nightshift.endpoint_samples (
  number   bigint      GENERATED ALWAYS AS IDENTITY,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  workflow text        NOT NULL,
  shape    jsonb       NOT NULL,
  PRIMARY KEY (workflow, number)
);
CREATE INDEX endpoint_samples_by_time ON nightshift.endpoint_samples (at);
`;

const rights = `
GRANT SELECT, INSERT, DELETE ON nightshift.endpoint_samples TO nightshift_gateway;
`;
