import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may come in at the door: keys, and those whose tokens are trusted. Only the gateway has to do with either. */
export const Access1700000000010 = class implements MigrationInterface {
  readonly name = 'Access1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(rights);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const tables = `
-- Revoked ones stay: what was asked for with a key is remembered by its name, which no other key gets.
CREATE TABLE nightshift.api_keys (
  created_at     timestamptz NOT NULL DEFAULT now(),
  expires_at     timestamptz,
  revoked_at     timestamptz,
  last_used_at   timestamptz,
  -- Until when the key of before the last rotation is good.
  previous_until timestamptz,
  id             uuid        NOT NULL PRIMARY KEY,
  -- The request that rotated it last: repeated, it is done.
  rotated_by     uuid,
  sees_payloads  boolean     NOT NULL,
  role           text,
  name           text        NOT NULL UNIQUE,
  -- As whom everything is asked for with it; null: as the platform.
  user_id        text,
  starts         text[]      NOT NULL,
  rate_limit     jsonb,
  created_by     jsonb       NOT NULL,
  -- SHA-256 of the key, which nobody keeps.
  hash           bytea       NOT NULL,
  previous_hash  bytea
);

-- Who signs tokens of users.
CREATE TABLE nightshift.issuers (
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  name       text        NOT NULL PRIMARY KEY,
  -- What its tokens name it as.
  issuer     text        NOT NULL UNIQUE,
  spec       jsonb       NOT NULL
);
`;

const rights = `
GRANT SELECT, INSERT, UPDATE ON nightshift.api_keys TO nightshift_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON nightshift.issuers TO nightshift_gateway;
`;
