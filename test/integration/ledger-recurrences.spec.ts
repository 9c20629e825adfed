import type { RecurrenceBody } from '@nightshift/contracts';
import { openLedger, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let database: TestDatabase;
let ledger: Ledger;

beforeEach(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'recurrences test' });
});

afterEach(async () => {
  await ledger.close();
  await database.drop();
});

const MINUTE_MS = 60_000;

const find = () => ledger.recurrences.find('nightly', 'each');

const asSuperuser = async (text: string, values: unknown[]): Promise<void> => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(text, values);
  await client.end();
};

describe('a recurrence', () => {
  it('that is set again with the same spec keeps the moments that were missed', async () => {
    const startAt = new Date(Date.now() - 65 * MINUTE_MS);
    const spec: RecurrenceBody = { every: { minutes: 10 }, startAt: startAt.toISOString(), misfire: 'all' };
    await ledger.recurrences.put('nightly', 'each', spec, startAt);
    await ledger.recurrences.put('nightly', 'each', spec, new Date(startAt.getTime() + 70 * MINUTE_MS));
    expect((await find())!.nextAt).toEqual(startAt);
    await ledger.recurrences.put(
      'nightly',
      'each',
      { ...spec, misfire: 'skip' },
      new Date(startAt.getTime() + 70 * MINUTE_MS),
    );
    expect((await find())!.nextAt.getTime()).toBe(startAt.getTime() + 70 * MINUTE_MS);
  });

  it('that services of the version before set and move is due as planned', async () => {
    const [nextAt, movedTo] = [new Date('2999-01-01T00:00:00Z'), new Date('2999-01-02T00:00:00Z')];
    await asSuperuser('INSERT INTO nightshift.recurrences (workflow, key, spec, next_at) VALUES ($1, $2, $3, $4)', [
      'nightly',
      'each',
      '{"every":{"days":1}}',
      nextAt,
    ]);
    expect(await find()).toMatchObject({ nextAt, dueAt: nextAt });
    await asSuperuser('UPDATE nightshift.recurrences SET next_at = $1', [movedTo]);
    expect(await find()).toMatchObject({ nextAt: movedTo, dueAt: movedTo });
  });
});
