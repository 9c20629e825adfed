import type { ChangeEvent } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCaptureStage, type CaptureStage } from './capture-stage.ts';

let stage: CaptureStage;
const sql = (text: string, values?: unknown[]) => stage.sql.query<{ id: string }>(text, values);
const declare = (name: string, fields: object = {}) =>
  stage.data.declareType({ name, fields: { n: { kind: 'integer' }, text: { kind: 'text' }, ...fields } });
const shown = ({ kind, before, now, changedFields, superseded, net }: ChangeEvent['data']) => ({
  kind,
  ...(before && { before: before.n }),
  ...(now && { now: now.n }),
  ...(changedFields.length > 0 && { changedFields }),
  ...(superseded && { superseded }),
  ...(net !== undefined && {
    net: net && { kind: net.kind, ...(net.before && { before: net.before.n }), fields: net.changedFields.join() },
  }),
});

beforeAll(async () => {
  stage = await openCaptureStage();
  await declare('item');
  await stage.openOne();
  await waitFor(stage.someoneReads);
  await stage.actAsTrigger();
}, 60_000);
afterAll(() => stage?.close(), 60_000);
beforeEach(() => stage.clear());

describe('a transaction that changes a thing more than once', () => {
  it('says what it did as a whole', async () => {
    const { rows } = await sql(`INSERT INTO item (n) SELECT generate_series(1, 6) RETURNING id`);
    const ids = rows.map((row) => row.id);
    await stage.seen('item', 6);
    stage.clear();
    await sql(`BEGIN;
      UPDATE item SET n = 10 WHERE id = '${ids[0]}'; UPDATE item SET n = 11 WHERE id = '${ids[0]}';
      UPDATE item SET n = 20 WHERE id = '${ids[1]}'; UPDATE item SET n = 2 WHERE id = '${ids[1]}';
      UPDATE item SET n = 30 WHERE id = '${ids[2]}'; DELETE FROM item WHERE id = '${ids[2]}';
      DELETE FROM item WHERE id = '${ids[3]}'; INSERT INTO item (id, n) VALUES ('${ids[3]}', 44);
      UPDATE item SET n = 50 WHERE id = '${ids[4]}';
      INSERT INTO item (id, n) VALUES ('01900000-0000-7000-8000-000000000001', 60); UPDATE item SET n = 61 WHERE n = 60;
      INSERT INTO item (id, n) VALUES ('01900000-0000-7000-8000-000000000002', 70); DELETE FROM item WHERE n = 70;
      COMMIT`);
    await stage.seen('item', 13);
    expect(stage.eventsOf('item').map(shown)).toEqual([
      { kind: 'changed', before: 1, now: 10, changedFields: ['n'], superseded: true },
      { kind: 'changed', before: 10, now: 11, changedFields: ['n'], net: { kind: 'changed', before: 1, fields: 'n' } },
      { kind: 'changed', before: 2, now: 20, changedFields: ['n'], superseded: true },
      { kind: 'changed', before: 20, now: 2, changedFields: ['n'], net: null },
      { kind: 'changed', before: 3, now: 30, changedFields: ['n'], superseded: true },
      { kind: 'deleted', before: 30, net: { kind: 'deleted', before: 3, fields: '' } },
      { kind: 'deleted', before: 4, superseded: true },
      { kind: 'created', now: 44, net: expect.objectContaining({ kind: 'changed', before: 4 }) as unknown },
      { kind: 'changed', before: 5, now: 50, changedFields: ['n'] },
      { kind: 'created', now: 60, superseded: true },
      { kind: 'changed', before: 60, now: 61, changedFields: ['n'], net: { kind: 'created', fields: '' } },
      { kind: 'created', now: 70, superseded: true },
      { kind: 'deleted', before: 70, net: null },
    ]);
    const transactions = stage.once().map((event) => event.data.transaction);
    expect(new Set(transactions.map(({ id }) => id)).size).toBe(1);
    expect(transactions.map(({ index }) => index)).toEqual([...Array(13).keys()]);
  });

  it('does so across an ALTER TABLE in its middle', async () => {
    await declare('altered');
    await sql(`INSERT INTO altered (n, text) VALUES (1, 'x')`);
    await sql(`BEGIN; UPDATE altered SET n = 2; ALTER TABLE altered DROP COLUMN text; ALTER TABLE altered ADD COLUMN more int;
      UPDATE altered SET more = 3; COMMIT`);
    await stage.seen('altered', 3);
    const [, first, last] = stage.eventsOf('altered');
    expect(first).toMatchObject({ superseded: true, now: { n: 2, text: 'x' } });
    expect(last).toMatchObject({ before: { n: 2, more: null }, now: { n: 2, more: 3 }, changedFields: ['more'] });
    expect(last!.net).toMatchObject({ kind: 'changed', before: { n: 1, text: 'x' }, changedFields: ['n', 'more'] });
    expect(last!.now).not.toHaveProperty('text');
  });
});

describe('a changed id', () => {
  it('is a deleted and a created thing', async () => {
    const { id } = await stage.create('item', { n: 7 });
    const other = '01900000-0000-7000-8000-00000000000a';
    await sql('UPDATE item SET id = $2, n = 8 WHERE id = $1', [id, other]);
    await stage.seen('item', 3);
    const [, deleted, created] = stage.once();
    expect([deleted, created].map((event) => [event!.subject, shown(event!.data)])).toEqual([
      [id, { kind: 'deleted', before: 7 }],
      [other, { kind: 'created', now: 8 }],
    ]);
    expect(created!.data.transaction).toEqual({ ...deleted!.data.transaction, index: 1 });
  });
});

describe('TRUNCATE', () => {
  it('deletes the things first', async () => {
    await declare('parent');
    await declare('child', { parent: { kind: 'reference', type: 'parent' } });
    await sql(`INSERT INTO parent (n) VALUES (1), (2)`);
    await sql(`INSERT INTO child (n, parent) SELECT n, id FROM parent`);
    await expect(sql('TRUNCATE parent CASCADE')).rejects.toMatchObject({
      code: '23503',
      hint: 'Name the tables that refer to it first: TRUNCATE those, this one.',
    });
    await sql('TRUNCATE child, parent');
    await stage.seen('parent', 4);
    await stage.seen('child', 4);
    expect(stage.eventsOf('parent').slice(2).map(shown)).toEqual([
      { kind: 'deleted', before: 1 },
      { kind: 'deleted', before: 2 },
    ]);
    expect(await stage.metrics()).not.toContain('trouble="truncate"');
  });

  it('is a gap where the trigger was taken away, and the trigger comes back', async () => {
    await declare('emptied');
    await sql(`INSERT INTO emptied (n) VALUES (1)`);
    await sql('DROP TRIGGER nightshift_truncate ON emptied; TRUNCATE emptied');
    await sql(`INSERT INTO emptied (n) VALUES (2)`);
    await stage.seen('emptied', 2);
    expect(stage.eventsOf('emptied').map(shown)).toEqual([
      { kind: 'created', now: 1 },
      { kind: 'created', now: 2 },
    ]);
    await waitFor(() => stage.gaps().length === 1);
    expect(stage.gaps()[0]!.data).toMatchObject({ reason: 'truncate', types: { emptied: null } });
    expect(await stage.data.listGaps()).toMatchObject([{ reason: 'truncate' }]);
    await waitFor(async () => {
      const { rows } = await sql(
        `SELECT 1 FROM pg_trigger WHERE tgrelid = 'emptied'::regclass AND tgname = 'nightshift_truncate'`,
      );
      return rows.length === 1;
    });
  });
});

describe('a table', () => {
  it('may change in mid-stream: added, renamed, retyped and dropped columns', async () => {
    await declare('shifting');
    await sql(`INSERT INTO shifting (n, text) VALUES (1, '10')`);
    await sql('ALTER TABLE shifting ADD COLUMN extra boolean DEFAULT true');
    await sql(`INSERT INTO shifting (n, text) VALUES (2, '20')`);
    await sql('ALTER TABLE shifting RENAME COLUMN extra TO renamed');
    await sql(`INSERT INTO shifting (n, text) VALUES (3, '30')`);
    await sql('ALTER TABLE shifting ALTER COLUMN text TYPE integer USING text::integer');
    await sql(`INSERT INTO shifting (n, text) VALUES (4, 40)`);
    await sql('ALTER TABLE shifting DROP COLUMN renamed');
    await sql(`UPDATE shifting SET n = 5 WHERE n = 4`);
    await stage.seen('shifting', 5);
    const builtIn = ['id', 'createdAt', 'updatedAt', 'createdBy'];
    const own = stage
      .eventsOf('shifting')
      .map(({ now }) => Object.fromEntries(Object.entries(now!).filter(([name]) => !builtIn.includes(name))));
    expect(own).toEqual(
      [
        { n: 1, text: '10' },
        { n: 2, text: '20', extra: true },
        { n: 3, text: '30', renamed: true },
        { n: 4, text: 40 },
        { n: 5, text: 40 },
      ].map((row) => (row.n === 4 ? { ...row, renamed: true } : row)),
    );
  });

  it('that is made anew is captured again, and what it missed is a gap', async () => {
    await declare('anew');
    await sql(`INSERT INTO anew (n) VALUES (1)`);
    await stage.seen('anew', 1);
    await sql(
      `DROP TABLE anew; CREATE TABLE anew (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int); ALTER TABLE anew OWNER TO nightshift_data`,
    );
    await sql(`INSERT INTO anew (n) VALUES (2)`);
    await waitFor(() => stage.gaps().some(({ data }) => data.reason === 'unpublished' && 'anew' in data.types), {
      timeoutMs: 15_000,
    });
    await sql(`INSERT INTO anew (n) VALUES (3)`);
    await stage.seen('anew', 2);
    expect(stage.eventsOf('anew').map(shown)).toEqual([
      { kind: 'created', now: 1 },
      { kind: 'created', now: 3 },
    ]);
  });

  it('whose replica identity somebody changed is repaired, and the changes meanwhile say what they lack', async () => {
    await declare('shortened');
    await sql(`INSERT INTO shortened (n, text) VALUES (1, 'a')`);
    await sql('ALTER TABLE shortened REPLICA IDENTITY DEFAULT');
    await sql('UPDATE shortened SET n = 2');
    const isFull = async () =>
      (await sql(`SELECT 1 FROM pg_class WHERE relname = 'shortened' AND relreplident = 'f'`)).rows.length === 1;
    await waitFor(isFull, { timeoutMs: 15_000 });
    await sql('UPDATE shortened SET n = 3');
    await stage.seen('shortened', 3);
    const [created, short, whole] = stage.eventsOf('shortened');
    expect(short).toMatchObject({ now: { n: 2, text: 'a' }, incomplete: 'identity' });
    expect(short!.before).toEqual({ id: created!.now!.id });
    expect(short!.changedFields).toEqual(expect.arrayContaining(['n', 'text']));
    expect(shown(whole!)).toEqual({ kind: 'changed', before: 2, now: 3, changedFields: ['n'] });
    expect(whole).not.toHaveProperty('incomplete');
    expect(await stage.metrics()).toContain('trouble="identity"');
  });

  it('may have columns of any type', async () => {
    await sql(`CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN handle AS text CHECK (value ~ '^@');
      CREATE TABLE odd (id text PRIMARY KEY, numbers int[], span int4range, raw bytea, mood mood, moods mood[], handle handle, at timestamptz, day date, amount numeric,
        ratio float8, "odd name" interval, twice int GENERATED ALWAYS AS (cardinality(numbers) * 2) STORED)`);
    await stage.data.declareType({ name: 'odd', fields: {} });
    await sql(
      `INSERT INTO odd VALUES ('ü/1', '{1,NULL,3}', '[1,5)', '\\xdeadbeef', 'glad', '{sad,glad}', '@me', 'infinity', '-infinity', 1e400, 'NaN', '1 day 02:00')`,
    );
    await sql(`UPDATE odd SET numbers = '{}', raw = '\\x00'`);
    await stage.seen('odd', 2);
    const [created, changed] = stage.eventsOf('odd');
    expect(created!.now).toMatchObject({
      id: 'ü/1',
      numbers: [1, null, 3],
      span: '[1,5)',
      raw: '\\xdeadbeef',
      mood: 'glad',
      moods: ['sad', 'glad'],
      handle: '@me',
      at: 'infinity',
      day: '-infinity',
      ratio: 'NaN',
      'odd name': '1 day 02:00:00',
      twice: 6,
    });
    expect(changed!.changedFields).toEqual(['numbers', 'raw', 'twice']);
  });
});
