import { createServer, type AddressInfo, type Server } from 'node:net';
import { Failure, type MailboxEntry } from '@nightshift/contracts';
import { openLedger, type Ledger } from '@nightshift/ledger';
import type { EffectOf } from '@nightshift/workflow-core';
import { createTestDatabase, type TestDatabase } from '@nightshift/testing';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { anOccasion } from '../../apps/executor/src/perform/an-occasion.fixture.ts';
import { makePerformEmail, type Deliver } from '../../apps/executor/src/perform/email.ts';
import { makeLocalMailbox } from '../../apps/executor/src/perform/local-mailbox.ts';
import type { Occasion, Performed } from '../../apps/executor/src/perform/performed.ts';
import { makeSmtp } from '../../apps/executor/src/perform/smtp.ts';

type Message = EffectOf<'email'>['message'];

const FROM = 'Nightshift <nightshift@localhost>';

const messageTo = (to: string[], more: Partial<Message> = {}): Message => ({
  to,
  cc: [],
  bcc: [],
  subject: 'Hello',
  text: 'Good evening',
  headers: {},
  attachments: [],
  ...more,
});

const send = async (deliver: Deliver, message: Message, occasion?: Occasion): Promise<Performed['outcome']> => {
  const performed = await makePerformEmail({ from: FROM, deliver })(
    { kind: 'email', message },
    occasion ?? anOccasion(),
  );
  return performed.outcome;
};

const resultOf = (outcome: Performed['outcome']): { messageId: string; accepted: string[]; rejected: string[] } => {
  expect(outcome).toMatchObject({ kind: 'completed' });
  return (outcome as { result: ReturnType<typeof resultOf> }).result;
};

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

interface Received {
  from: string;
  to: string[];
  text: string;
}

/** A mail server, and a way to it. */
const startMailServer = async (
  options: SMTPServerOptions = {},
  credentials = '',
): Promise<{ received: Received[]; deliver: Deliver }> => {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
        });
        done();
      });
    },
    ...options,
  });
  // A client that is cut off is not the server's fault.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { received, deliver: wayTo(`${credentials}127.0.0.1:${(server.server.address() as AddressInfo).port}`) };
};

const wayTo = (address: string): Deliver => {
  const smtp = makeSmtp(`smtp://${address}`);
  toClose.push(() => smtp.close());
  return smtp.deliver;
};

const answering = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

/** Accepts a connection and does with it what the test says. */
const startRawServer = async (onConnection: Parameters<typeof createServer>[1]): Promise<string> => {
  const server: Server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('over SMTP', () => {
  it('delivers a mail to everybody, with a Message-ID that is the same for each attempt', async () => {
    const { received, deliver } = await startMailServer();
    const message = messageTo(['"Ada" <ada@example.com>'], {
      cc: ['bob@example.com'],
      bcc: ['eve@example.com'],
      replyTo: 'reply@example.com',
      html: '<p>Good evening</p>',
      headers: { 'X-Campaign': 'spring' },
      attachments: [
        { fileName: 'list.csv', contentType: 'text/csv', base64: Buffer.from('a;b\n1;2').toString('base64') },
      ],
    });
    const first = resultOf(await send(deliver, message));
    expect(first).toEqual({
      messageId: expect.stringMatching(/^<[0-9a-f]{40}@nightshift>$/),
      accepted: ['ada@example.com', 'bob@example.com', 'eve@example.com'],
      rejected: [],
    });
    const again = resultOf(await send(deliver, message, anOccasion({ attempt: 2 })));
    const next = resultOf(await send(deliver, message, anOccasion({ iteration: '1.0' })));
    expect(again.messageId).toBe(first.messageId);
    expect(next.messageId).not.toBe(first.messageId);

    expect(received).toHaveLength(3);
    const [{ from, to, text }] = received as [Received];
    expect(from).toBe('nightshift@localhost');
    expect(to).toEqual(first.accepted);
    for (const line of [
      `Message-ID: ${first.messageId}`,
      `From: ${FROM}`,
      'To: Ada <ada@example.com>',
      'Cc: bob@example.com',
      'Reply-To: reply@example.com',
      'Subject: Hello',
      'X-Campaign: spring',
    ]) {
      expect(text.split('\r\n')).toContain(line);
    }
    expect(text).toContain('<p>Good evening</p>');
    expect(text).toContain('filename=list.csv');
    expect(text).toContain(Buffer.from('a;b\n1;2').toString('base64'));
    expect(text).not.toContain('eve@example.com');
  });

  it('sends as whom the workflow says', async () => {
    const { received, deliver } = await startMailServer();
    await send(deliver, messageTo(['ada@example.com'], { from: 'Shop <shop@example.com>' }));
    expect(received[0]).toMatchObject({ from: 'shop@example.com' });
    expect(received[0]!.text).toContain('From: Shop <shop@example.com>');
  });

  it('succeeds where some recipients were accepted, and says who was not', async () => {
    const { received, deliver } = await startMailServer({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('no') ? answering(550, 'No such user') : undefined),
    });
    expect(resultOf(await send(deliver, messageTo(['ada@example.com', 'nobody@example.com'])))).toMatchObject({
      accepted: ['ada@example.com'],
      rejected: ['nobody@example.com'],
    });
    expect(received[0]!.to).toEqual(['ada@example.com']);
  });

  it.each([
    ['email.failed', true, 451],
    ['email.failed', true, 421],
    ['email.refused', false, 550],
    ['email.refused', false, 554],
  ])('fails with %s, to be retried: %s, when every recipient gets %i', async (code, canRetry, status) => {
    const { deliver } = await startMailServer({
      onRcptTo: (_address, _session, done) => done(answering(status, 'Not this one')),
    });
    expect(await send(deliver, messageTo(['ada@example.com']))).toMatchObject({
      kind: 'failed',
      canRetry,
      problem: { code, detail: expect.stringContaining(`${status} Not this one`) },
    });
  });

  it.each([
    ['email.failed', 452],
    ['email.refused', 552],
  ])('fails with %s when the mail itself gets %i', async (code, status) => {
    const { deliver } = await startMailServer({
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', () => done(answering(status, 'Too much')));
      },
    });
    expect(await send(deliver, messageTo(['ada@example.com']))).toMatchObject({ kind: 'failed', problem: { code } });
  });

  it('fails for good without a recipient that is an address', async () => {
    const { received, deliver } = await startMailServer();
    expect(await send(deliver, messageTo(['nobody at all']))).toMatchObject({
      kind: 'failed',
      canRetry: false,
      problem: { code: 'email.refused' },
    });
    expect(received).toEqual([]);
  });

  it('uses the credentials of its URL, and says nothing of them when they are wrong', async () => {
    const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) =>
      username === 'ns' && password === 'p@ss'
        ? done(null, { user: username })
        : done(answering(535, `Not ${username} with ${password}`));
    const right = await startMailServer({ authOptional: false, onAuth }, 'ns:p%40ss@');
    expect(resultOf(await send(right.deliver, messageTo(['ada@example.com']))).accepted).toHaveLength(1);
    const wrong = await startMailServer({ authOptional: false, onAuth }, 'ns:wrong@');
    const outcome = await send(wrong.deliver, messageTo(['ada@example.com']));
    expect(outcome).toMatchObject({
      kind: 'failed',
      canRetry: true,
      problem: { code: 'email.failed', detail: 'The mail server did not let Nightshift in' },
    });
  });

  it.each<[string, () => Promise<string>]>([
    ['nobody listens', async () => '127.0.0.1:1'],
    ['the server hangs up', () => startRawServer((socket) => socket.destroy())],
    ['it is no mail server', () => startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  ])('fails, to be retried, when %s', async (_, start) => {
    expect(await send(wayTo(await start()), messageTo(['ada@example.com']))).toMatchObject({
      kind: 'failed',
      canRetry: true,
      problem: { code: 'email.failed', detail: expect.stringMatching(/^The mail server/) },
    });
  });

  it.each([
    [new Failure('step.timeout', { detail: 'longer than 2 s' }), 'step.timeout'],
    [undefined, 'email.failed'],
  ])(
    'gives a mail up when the step is interrupted: its problem is the reason, if that is one',
    async (reason, code) => {
      const interruption = new AbortController();
      const address = await startRawServer((socket) => {
        socket.on('error', () => {});
        interruption.abort(reason);
      });
      const occasion = anOccasion({ signal: () => interruption.signal });
      expect(await send(wayTo(address), messageTo(['ada@example.com']), occasion)).toMatchObject({
        kind: 'failed',
        problem: { code },
      });
    },
  );

  it('reads neither files nor addresses for what a workflow writes', async () => {
    const { received, deliver } = await startMailServer();
    const text = { path: '/etc/hostname' } as unknown as string;
    expect(await send(deliver, messageTo(['ada@example.com'], { text }))).toMatchObject({ kind: 'failed' });
    expect(received).toEqual([]);
  });
});

describe('without a mail server', () => {
  let database: TestDatabase;
  let executor: Ledger;
  let gateway: Ledger;

  beforeAll(async () => {
    database = await createTestDatabase();
    executor = await openLedger({ url: database.serviceUrls.executor, applicationName: 'executor under test' });
    gateway = await openLedger({ url: database.serviceUrls.gateway, applicationName: 'test' });
  });

  afterAll(async () => {
    await executor?.close();
    await gateway?.close();
    await database?.drop();
  });

  it('keeps each mail once, however often it is tried', async () => {
    const deliver = makeLocalMailbox(executor);
    const message = messageTo(['ada@example.com'], { cc: ['bob@example.com'], bcc: ['eve@example.com'] });
    const outcomes = await Promise.all([1, 2, 3].map((attempt) => send(deliver, message, anOccasion({ attempt }))));
    const { messageId } = resultOf(outcomes[0]!);
    for (const outcome of outcomes) {
      expect(resultOf(outcome)).toEqual({
        messageId,
        accepted: ['ada@example.com', 'bob@example.com', 'eve@example.com'],
        rejected: [],
      });
    }
    const { items } = await gateway.mailbox.list({}, 10);
    expect(items).toEqual([
      {
        messageId,
        runId: anOccasion().runId,
        step: 'act',
        at: expect.any(String),
        message: { ...message, from: FROM },
      } satisfies MailboxEntry,
    ]);
  });
});
