import { randomUUID } from 'node:crypto';
import type { DeclareMore } from '@nightshift/client';
import type { DeclareTypeBody, Thing } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openFilesPlatform, type FilesPlatform } from './files-platform.ts';

let platform: FilesPlatform;

beforeAll(async () => {
  platform = await openFilesPlatform();
  await platform.gateway.client.types.declare('letter', {
    title: { kind: 'text' },
    body: { kind: 'file' },
    copy: { kind: 'file' },
    enclosed: { kind: 'file', list: true },
  });
});
afterAll(() => platform?.close());

/** Removes what a test has left, by the way that is under test everywhere. */
afterEach(async () => {
  await platform.sql.query(`DELETE FROM public.letter`);
  await platform.sql.query(`UPDATE nightshift_data.files SET check_at = now()`);
  await platform.sql.query('NOTIFY nightshift_files');
  await waitFor(async () => (await platform.files()).length === 0, { describe: 'no file to be left' });
  await platform.settled(0);
});

const upload = async (): Promise<string> => (await platform.upload()).id;
const create = (fields: object): Promise<Thing> =>
  platform.gateway.client.things.create('letter', fields as Record<string, unknown>);
const sql = (text: string, values: unknown[] = []) => platform.sql.query(text, values);

describe('a file of a thing', () => {
  it('is its id there, and goes with the thing', async () => {
    const [body, one, two] = [await upload(), await upload(), await upload()];
    const letter = await create({ body, enclosed: [one, two] });
    expect(letter).toMatchObject({ body, copy: null, enclosed: [one, two] });
    expect(await platform.gateway.client.things.get('letter', letter.id)).toMatchObject({ body });
    await platform.gateway.client.things.delete('letter', letter.id);
    await platform.settled(0);
    expect(await platform.files()).toEqual([]);
  });

  it('goes when its field gets another, or nothing', async () => {
    const [first, second, kept, dropped] = [await upload(), await upload(), await upload(), await upload()];
    const { id } = await create({ body: first, enclosed: [kept, dropped] });
    const { things } = platform.gateway.client;
    await things.change('letter', id, { body: second, enclosed: [kept] });
    await platform.settled(2);
    expect(await platform.files()).toEqual([second, kept]);
    await things.change('letter', id, { body: null, title: 'x' });
    await platform.settled(1);
    expect(await platform.files()).toEqual([kept]);
  });

  it.each([
    ['DELETE', 'DELETE FROM public.letter WHERE title = $1'],
    ['UPDATE', `UPDATE public.letter SET body = NULL, enclosed = '{}' WHERE title = $1`],
    ['UPDATE of a list to nothing', `UPDATE public.letter SET body = NULL, enclosed = NULL WHERE title = $1`],
    ['TRUNCATE', 'TRUNCATE public.letter'],
  ])('goes by a plain %s of somebody with no rights on files', async (_, statement) => {
    await create({ title: 'gone', body: await upload(), enclosed: [await upload(), await upload()] });
    await sql('CREATE ROLE somebody');
    await sql('GRANT ALL ON public.letter TO somebody; GRANT USAGE ON SCHEMA public TO somebody');
    await sql('SET ROLE somebody');
    try {
      await sql(statement, statement.includes('$1') ? ['gone'] : []);
    } finally {
      await sql('RESET ROLE');
      await sql('DROP OWNED BY somebody; DROP ROLE somebody');
    }
    await platform.settled(0);
    expect(await platform.files()).toEqual([]);
  });

  it('stays if the transaction is rolled back', async () => {
    const [body, enclosed] = [await upload(), await upload()];
    await create({ body, enclosed: [enclosed] });
    await sql('BEGIN');
    await sql('DELETE FROM public.letter');
    await sql('ROLLBACK');
    // Another one that goes shows that the sweepers have been round.
    const { id } = await create({ body: await upload() });
    await platform.gateway.client.things.delete('letter', id);
    await platform.settled(2);
    expect(await platform.files()).toEqual([body, enclosed]);
  });

  it('that two fields have stays until the last lets it go', async () => {
    const file = await upload();
    const one = await create({ body: file, copy: file });
    const other = await create({ enclosed: [file] });
    const rounds = async (): Promise<void> => {
      const { id } = await create({ body: await upload() });
      await platform.gateway.client.things.delete('letter', id);
      await platform.settled(1);
      expect(await platform.files()).toEqual([file]);
    };
    await sql('UPDATE public.letter SET body = NULL WHERE id = $1', [one.id]);
    await rounds();
    await sql('DELETE FROM public.letter WHERE id = $1', [one.id]);
    await rounds();
    await sql(`UPDATE public.letter SET enclosed = '{}' WHERE id = $1`, [other.id]);
    await platform.settled(0);
  });

  it('stays when it moves from one thing to another in one statement', async () => {
    const [first, second] = [await upload(), await upload()];
    const one = await create({ body: first });
    await create({ body: second });
    await sql('UPDATE public.letter SET body = CASE WHEN id = $1 THEN $2::uuid ELSE $3::uuid END', [
      one.id,
      second,
      first,
    ]);
    await platform.settled(2);
    expect((await platform.files()).sort()).toEqual([first, second].sort());
  });

  it('is found under the new name of a column', async () => {
    const { id } = await create({ body: await upload(), enclosed: [await upload()] });
    await sql('ALTER TABLE public.letter RENAME body TO content');
    await sql('ALTER TABLE public.letter RENAME enclosed TO attached');
    try {
      await sql('UPDATE public.letter SET title = $1', ['x']);
      await sql('DELETE FROM public.letter WHERE id = $1', [id]);
      await platform.settled(0);
    } finally {
      await sql('ALTER TABLE public.letter RENAME content TO body');
      await sql('ALTER TABLE public.letter RENAME attached TO enclosed');
    }
  });

  it('cannot be deleted while it is one', async () => {
    const [body, enclosed] = [await upload(), await upload()];
    const { id } = await create({ body, enclosed: [enclosed] });
    const { files, things } = platform.gateway.client;
    for (const file of [body, enclosed]) {
      await expect(files.delete(file)).rejects.toMatchObject({ code: 'file.in_use' });
      expect((await files.info(file)).expiresAt).toBeNull();
    }
    await things.delete('letter', id);
    await platform.settled(0);
  });
});

describe('a field', () => {
  it.each([
    ['body', (id: string) => id],
    ['enclosed', (id: string) => [id]],
  ])('%s refers to files that there are', async (field, of) => {
    const unknown = create({ [field]: of(randomUUID()) });
    await expect(unknown).rejects.toMatchObject({
      code: 'thing.invalid',
      problem: { errors: [{ pointer: `/${field}` }] },
    });
    const { id } = await create({ [field]: of(await upload()) });
    await expect(sql(`UPDATE public.letter SET ${field} = $1`, [of(randomUUID())])).rejects.toMatchObject({
      code: '23503',
    });
    await platform.gateway.client.things.delete('letter', id);
    await platform.settled(0);
  });

  it.each([
    ['body', '$1::uuid'],
    ['enclosed', 'ARRAY[$1::uuid]'],
  ])('%s can take a file that another transaction lets go of, and keeps it', async (field, value) => {
    const file = await upload();
    const { id } = await create({ body: file });
    const other = new pg.Client(platform.gateway.databaseUrl);
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query(`INSERT INTO public.letter (title, ${field}) VALUES ('taken', ${value})`, [file]);
      await platform.gateway.client.things.delete('letter', id);
      // The sweepers have met the file, and cannot tell yet.
      await waitFor(async () => {
        const { rows } = await sql('SELECT min(seq) > 1 AS seen FROM nightshift_data.files_let_go');
        return (rows[0] as { seen: boolean | null }).seen;
      });
      await other.query('COMMIT');
    } finally {
      await other.end();
    }
    await platform.settled(1);
    expect(await platform.files()).toEqual([file]);
  });

  it('that was a column of ids can become one of files, if they are files', async () => {
    const { types } = platform.gateway.client;
    const file = await upload();
    await types.declare('note', { title: { kind: 'text' } });
    await sql('ALTER TABLE public.note ADD COLUMN paper uuid, ADD COLUMN more uuid[]');
    await sql('INSERT INTO public.note (paper) VALUES ($1)', [randomUUID()]);
    const fields = { paper: { kind: 'file' as const }, more: { kind: 'file' as const, list: true } };
    await expect(types.declare('note', fields)).rejects.toMatchObject({ code: 'type.in_conflict' });
    await sql('UPDATE public.note SET paper = $1', [file]);
    expect((await types.declare('note', fields)).fields).toMatchObject(fields);
    await types.declare('note', fields);
    await sql('DELETE FROM public.note');
    await platform.settled(0);
  });
});

describe('files of a type that changes', () => {
  const confirmed = async (name: string, fields: DeclareTypeBody['fields'], more: DeclareMore = {}): Promise<void> => {
    const { types } = platform.gateway.client;
    const { hash } = await types.plan(name, fields, more);
    await types.declare(name, fields, { ...more, confirm: hash });
  };

  it('go with a field that is dropped, and with the type', async () => {
    const { types, things } = platform.gateway.client;
    await types.declare('poster', { front: { kind: 'file' }, back: { kind: 'file', list: true } });
    const [front, back] = [await upload(), await upload()];
    await things.create('poster', { front, back: [back] });
    await confirmed('poster', {}, { drop: ['back'] });
    await platform.settled(1);
    expect(await platform.files()).toEqual([front]);
    await types.delete('poster', (await types.planDeletion('poster')).hash);
    await platform.settled(0);
  });

  it('stay when the field is renamed or becomes a list, and go when it becomes a text', async () => {
    const { types, things } = platform.gateway.client;
    await types.declare('sheet', { picture: { kind: 'file' } });
    const picture = await upload();
    const { id } = await things.create('sheet', { picture });
    await confirmed('sheet', { pictures: { kind: 'file', list: true, renamedFrom: 'picture' } });
    expect(await things.get('sheet', id)).toMatchObject({ pictures: [picture] });
    await expect(things.change('sheet', id, { pictures: [randomUUID()] })).rejects.toMatchObject({
      code: 'thing.invalid',
    });
    await platform.settled(1);
    await confirmed('sheet', { pictures: { kind: 'file' } });
    expect(await things.get('sheet', id)).toMatchObject({ pictures: picture });
    await platform.settled(1);
    await confirmed('sheet', { pictures: { kind: 'text' } });
    await platform.settled(0);
    // What is no file any more cannot become one again.
    const fields = { pictures: { kind: 'file' as const } };
    await expect(confirmed('sheet', fields)).rejects.toMatchObject({ code: 'type.in_conflict' });
    await confirmed('sheet', { pictures: { kind: 'file', whereUnfit: 'null' } });
    expect(await things.get('sheet', id)).toMatchObject({ pictures: null });
  });
});

describe('a file that no thing has', () => {
  it('expires, and one that a thing has does not', async () => {
    const [linked, unlinked] = [await upload(), await upload()];
    await create({ enclosed: [linked] });
    await sql('UPDATE nightshift_data.files SET check_at = now()');
    await sql('NOTIFY nightshift_files');
    await platform.settled(1);
    expect(await platform.files()).toEqual([linked]);
    expect((await platform.gateway.client.files.info(linked)).expiresAt).toBeNull();
    await expect(platform.gateway.client.files.info(unlinked)).rejects.toMatchObject({ code: 'file.not_found' });
  });

  it('because its table was dropped is found when all are looked at again', async () => {
    const { types, things } = platform.gateway.client;
    await types.declare('leaflet', { paper: { kind: 'file' } });
    await things.create('leaflet', { paper: await upload() });
    await sql('DROP TABLE public.leaflet');
    expect(await platform.files()).toHaveLength(1);
    // As the end of the test does for all of them.
  });
});
