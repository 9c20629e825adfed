import { Failure } from '@nightshift/contracts';
import { createTransport, type NodemailerError } from 'nodemailer';
import type { Deliver, Mail } from './email.ts';

export interface SmtpDelivery {
  deliver: Deliver;
  /** Lets mails in hand end, and closes the connections. */
  close(): void;
}

/** Mail servers limit how many connections one client may have, often to ten or twenty; executors share that. */
const MAX_CONNECTIONS = 5;
/** A connection that was kept may have been closed by the server meanwhile. What fails more often is the step's `retry`'s business. */
const MAX_REQUEUES = 1;
const CONNECT_TIMEOUT_MS = 10_000;
/** Greylisting and virus scans hold a client up; a dead server must not hold a run for minutes. */
const SILENCE_TIMEOUT_MS = 60_000;

/** Sends mails over SMTP. `url`: `smtp://user:password@host:587` (STARTTLS if offered) or `smtps://…:465`. */
export const makeSmtp = (url: string): SmtpDelivery => {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    maxRequeues: MAX_REQUEUES,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: SILENCE_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    // What a workflow writes is content, never the name of a file or an address to read it from.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    deliver: async (mail, interrupted) => {
      const signal = interrupted();
      try {
        const { accepted, rejected } = await transport.sendMail({ ...toNodemailer(mail), signal });
        return { accepted: accepted.map(addressOf), rejected: rejected.map(addressOf) };
      } catch (error) {
        throw toFailure(error as NodemailerError, signal);
      }
    },
    close: () => transport.close(),
  };
};

const toNodemailer = ({ message, messageId }: Mail) => {
  const { attachments, ...rest } = message;
  return {
    ...rest,
    messageId,
    attachments: attachments.map(({ fileName, contentType, base64 }) => ({
      filename: fileName,
      contentType,
      content: Buffer.from(base64, 'base64'),
    })),
  };
};

const addressOf = (address: string | { address: string }): string =>
  typeof address === 'string' ? address : address.address;

/** Faults of the mail itself; whatever else goes wrong is the way to the server, or the server's moment. */
const faultsOfMail: ReadonlySet<string | undefined> = new Set(['EENVELOPE', 'EMESSAGE', 'EMAXRECIPIENTS']);

const toFailure = (error: NodemailerError, signal: AbortSignal): Failure => {
  const { code, response, permanent } = error;
  if (signal.aborted) {
    if (signal.reason instanceof Failure) return signal.reason;
    return new Failure('email.failed', { detail: 'The sending was interrupted', cause: error });
  }
  // Whoever runs Nightshift can put its credentials right.
  const isOurs = code === 'EAUTH' || code === 'ENOAUTH';
  if (isOurs) return new Failure('email.failed', { detail: 'The mail server did not let Nightshift in', cause: error });
  if (permanent ?? faultsOfMail.has(code)) {
    return new Failure('email.refused', { detail: `The mail was refused: ${response ?? error.message}`, cause: error });
  }
  const detail = response ? `The mail server answered: ${response}` : `The mail server could not be reached (${code})`;
  return new Failure('email.failed', { detail, cause: error });
};
