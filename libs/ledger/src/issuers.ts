import { Failure, type Issuer, type IssuerBody } from '@nightshift/contracts';
import type { Database } from './database.ts';

/** Whose tokens prove who a user is. */
export interface Issuers {
  /** Keeps an issuer, in place of one of the same name. @throws Failure `issuer.taken` */
  put(name: string, body: IssuerBody): Promise<Issuer>;
  find(name: string): Promise<Issuer | undefined>;
  /** Those that tokens name so. */
  named(issuers: readonly string[]): Promise<Issuer[]>;
  /** All of them, by name. */
  list(): Promise<Issuer[]>;
  /** @returns the one that there was */
  remove(name: string): Promise<Issuer | undefined>;
}

interface Row {
  name: string;
  created_at: Date;
  updated_at: Date;
  spec: IssuerBody;
}

const VIEW = 'name, created_at, updated_at, spec';

export const makeIssuers = (database: Database): Issuers => ({
  // Locks the issuer's row.
  put: async (name, body) => {
    const rows = await database
      .query<Row>(
        'put-issuer',
        `INSERT INTO nightshift.issuers (name, issuer, spec) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET issuer = excluded.issuer, spec = excluded.spec, updated_at = now()
         RETURNING ${VIEW}`,
        [name, body.issuer, JSON.stringify(body)],
      )
      .catch((error: { code?: unknown }) => {
        if (error.code === UNIQUE_VIOLATION) throw taken(body.issuer, error);
        throw error;
      });
    return toIssuer(rows[0]!);
  },

  // Index: primary key.
  find: async (name) => {
    const [row] = await database.query<Row>('find-issuer', `SELECT ${VIEW} FROM nightshift.issuers WHERE name = $1`, [
      name,
    ]);
    return row && toIssuer(row);
  },

  // Index: that of the unique issuer.
  named: async (issuers) => {
    const rows = await database.query<Row>(
      'named-issuers',
      `SELECT ${VIEW} FROM nightshift.issuers WHERE issuer = ANY($1::text[])`,
      [issuers],
    );
    return rows.map(toIssuer);
  },

  list: async () => {
    const rows = await database.query<Row>('list-issuers', `SELECT ${VIEW} FROM nightshift.issuers ORDER BY name`);
    return rows.map(toIssuer);
  },

  remove: async (name) => {
    const [row] = await database.query<Row>(
      'remove-issuer',
      `DELETE FROM nightshift.issuers WHERE name = $1 RETURNING ${VIEW}`,
      [name],
    );
    return row && toIssuer(row);
  },
});

const UNIQUE_VIOLATION = '23505';

const taken = (issuer: string, cause: unknown): Failure =>
  new Failure('issuer.taken', { detail: `${issuer} has another name already`, cause });

const toIssuer = ({ name, created_at: createdAt, updated_at: updatedAt, spec }: Row): Issuer => ({
  name,
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  clockSkewSeconds: 60,
  user: { claim: 'sub', field: 'id' },
  maySeeData: false,
  ...spec,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
