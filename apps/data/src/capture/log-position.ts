/**
 * A place in the write-ahead log as a number of bytes. Exact up to 2^53 bytes, which is 8 PiB of log.
 * https://www.postgresql.org/docs/18/datatype-pg-lsn.html
 */
export type LogPosition = number;

/** Reads `16/B374D848`. */
export const parseLogPosition = (text: string): LogPosition => {
  const slash = text.indexOf('/');
  return parseInt(text.slice(0, slash), 16) * 2 ** 32 + parseInt(text.slice(slash + 1), 16);
};

/** Writes `16/B374D848`. */
export const formatLogPosition = (position: LogPosition): string =>
  `${Math.floor(position / 2 ** 32).toString(16)}/${(position % 2 ** 32).toString(16)}`.toUpperCase();
