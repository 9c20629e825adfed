import type { MailboxEntry } from '@nightshift/contracts';
import { newId, openLedger, type Ledger } from '@nightshift/ledger';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from './requested-run.ts';

let database: TestDatabase;
let ledger: Ledger;
let asGateway: Ledger;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger({ url: database.serviceUrls.executor, applicationName: 'test executor' });
  asGateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test gateway' });
});

afterAll(async () => {
  await Promise.all([ledger.close(), asGateway.close()]);
  await database.drop();
});

describe('secrets', () => {
  it('are put by the gateway, which cannot read them, and read by the executor', async () => {
    await asGateway.secrets.put('stripe', 'sealed-1');
    await asGateway.secrets.put('mail', 'sealed-2');
    await asGateway.secrets.put('stripe', 'sealed-3');
    const list = await asGateway.secrets.list();
    expect(list.map(({ name }) => name)).toEqual(['mail', 'stripe']);
    expect(Object.keys(list[0]!).sort()).toEqual(['createdAt', 'name', 'updatedAt']);
    expect(await ledger.secrets.sealed(['stripe', 'nobody'])).toEqual(new Map([['stripe', 'sealed-3']]));
    await expect(asGateway.secrets.sealed(['stripe'])).rejects.toThrow(/permission denied/);
    expect(await asGateway.secrets.remove('mail')).toBe(true);
    expect(await asGateway.secrets.remove('mail')).toBe(false);
    expect(await ledger.secrets.sealed(['mail'])).toEqual(new Map());
  });

  it('are no business of the scheduler and the trigger service', async () => {
    for (const url of [database.serviceUrls.scheduler, database.serviceUrls.trigger]) {
      const client = new pg.Client(url);
      await client.connect();
      await expect(client.query('SELECT name FROM nightshift.secrets')).rejects.toThrow(/permission denied/);
      await client.end();
    }
  });
});

describe('the mailbox', () => {
  const mail = (to: string[], runId = newId(Date.now())): MailboxEntry => ({
    messageId: `<${newId(Date.now())}@test>`,
    runId,
    step: 'send',
    at: at(),
    message: { from: 'a@b.c', to, cc: [], bcc: [], subject: 'Hello', text: 'Hi', headers: {}, attachments: [] },
  });

  it('keeps each mail once, and shows the newest first, page by page', async () => {
    const mails = [mail(['ada@example.com']), mail(['Eve@example.com', 'ada@example.com']), mail(['bob@example.com'])];
    for (const one of mails) await ledger.mailbox.keep(one);
    await ledger.mailbox.keep(mails[0]!);
    const [oldest, middle, newest] = mails as [MailboxEntry, MailboxEntry, MailboxEntry];
    const first = await asGateway.mailbox.list({}, 2);
    expect(first.items).toEqual([newest, middle]);
    expect(await asGateway.mailbox.list({}, 2, first.nextCursor!)).toEqual({ items: [oldest], nextCursor: null });
    expect((await asGateway.mailbox.list({ to: 'ADA@example.com' }, 10)).items).toEqual([middle, oldest]);
    expect((await asGateway.mailbox.list({ runId: newest.runId }, 10)).items).toEqual([newest]);
    expect(await asGateway.mailbox.find(middle.messageId)).toEqual(middle);
    expect(await asGateway.mailbox.find('<nobody@test>')).toBeUndefined();
    expect(await asGateway.mailbox.clear()).toBe(3);
    expect((await asGateway.mailbox.list({}, 10)).items).toEqual([]);
  });
});
