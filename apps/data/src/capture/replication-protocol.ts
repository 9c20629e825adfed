import type { LogPosition } from './log-position.ts';

/** https://www.postgresql.org/docs/18/protocol-replication.html and protocol-message-formats.html */

const tag = (letter: string): number => letter.charCodeAt(0);

export const protocolTags = { copyData: tag('d'), copyBoth: tag('W'), copyDone: tag('c'), error: tag('E') } as const;
export const copyDataTags = { walData: tag('w'), keepalive: tag('k'), status: tag('r') } as const;

/** Postgres counts microseconds from 2000 on. */
export const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

export const queryMessage = (sql: string): Buffer => {
  const text = Buffer.from(`${sql}\0`);
  const message = Buffer.alloc(5 + text.length);
  message[0] = tag('Q');
  message.writeUInt32BE(4 + text.length, 1);
  text.copy(message, 5);
  return message;
};

/** Standby status: written, flushed and applied up to the position. */
export const statusMessage = (position: LogPosition): Buffer => {
  const message = Buffer.alloc(39);
  message[0] = protocolTags.copyData;
  message.writeUInt32BE(38, 1);
  message[5] = copyDataTags.status;
  for (const at of [6, 14, 22]) message.writeBigUInt64BE(BigInt(position), at);
  message.writeBigUInt64BE(BigInt(Date.now() - POSTGRES_EPOCH_MS) * 1000n, 30);
  return message;
};

/** What an ErrorResponse says. `code` is the SQLSTATE. */
export const readError = (bytes: Buffer, start: number, end: number): Error => {
  const fields = new Map(
    bytes
      .toString('utf8', start, end)
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  );
  return Object.assign(new Error(fields.get('M') ?? 'postgres has refused the replication'), { code: fields.get('C') });
};
