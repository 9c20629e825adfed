import { pino, stdTimeFunctions, type Logger } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on standard output, each with the name of the app. Errors go into the field `err`, with their causes. */
export const makeLogger = ({ app, level }: { app: string; level: string }): Logger =>
  pino({
    level,
    base: { app },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
