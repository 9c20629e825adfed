import { Failure, type DataRequest, type SearchBody, type SearchResult, type Thing } from '@nightshift/contracts';
import { migrateData, openData, type Data } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { createTestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';

/** Types and things without a service around them, on a database of their own. */
export interface TestData {
  readonly data: Data;
  /** As the superuser. */
  readonly sql: pg.Client;
  search(type: string, body: SearchBody): Promise<SearchResult>;
  /** Every page, one after the other; `between` happens after each. */
  pages(type: string, body: SearchBody, between?: () => Promise<unknown>): Promise<Thing[]>;
  create(type: string, fields: Record<string, unknown>): Promise<Thing>;
  /** The failure that a search ends with, or undefined. */
  refusal(type: string, body: unknown): Promise<Failure | undefined>;
  close(): Promise<void>;
}

export const openTestData = async ({ statementTimeoutMs = 10_000, connections = 4 } = {}): Promise<TestData> => {
  const database = await createTestDatabase();
  await migrateData(database.url);
  const data = openData({
    url: database.serviceUrls.data,
    connections,
    statementTimeoutMs,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger: makeLogger({ app: 'data', level: 'silent' }),
  });
  const sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  const search: TestData['search'] = (type, body) =>
    data.answer({ action: 'search', type, search: body } satisfies DataRequest) as Promise<SearchResult>;
  return {
    data,
    sql,
    search,
    pages: async (type, body, between = async () => {}) => {
      const all: Thing[] = [];
      let cursor: string | undefined;
      do {
        const page = await search(type, { ...body, ...(cursor !== undefined && { cursor }) });
        all.push(...page.items);
        cursor = page.nextCursor ?? undefined;
        await between();
      } while (cursor !== undefined);
      return all;
    },
    create: (type, fields) => data.answer({ action: 'create', type, fields } satisfies DataRequest) as Promise<Thing>,
    refusal: async (type, body) => {
      try {
        await data.answer({ action: 'search', type, search: body });
        return undefined;
      } catch (error) {
        if (error instanceof Failure) return error;
        throw error;
      }
    },
    close: async () => {
      await sql.end();
      await data.close();
      await database.drop();
    },
  };
};
