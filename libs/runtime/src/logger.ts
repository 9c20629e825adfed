import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  app: string;
  level: string;
  /** Standard output, if absent. */
  destination?: DestinationStream;
}

/** Keys of the door, and what stands in a header `Authorization`: wherever they come from, they are in no line. */
const keys = /ns_[0-9a-f]{32}_[0-9A-Za-z]{20,}|\b(Bearer|Basic) +[^\s"\\,]+/gi;

const withoutKeys = (line: string): string =>
  line.replace(keys, (_found, scheme: string | undefined) => (scheme === undefined ? 'ns_hidden' : `${scheme} hidden`));

/** Where somebody may log a request with its headers. */
const headersOfRequests = ['headers.authorization', '*.headers.authorization', 'authorization', '*.authorization'];

/** JSON lines on standard output, each with the name of the app. Errors go into the field `err`, with their causes. */
export const makeLogger = ({ app, level, destination }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { app },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: headersOfRequests, censor: 'hidden' },
      hooks: { streamWrite: withoutKeys },
    },
    destination ?? pino.destination(1),
  );
