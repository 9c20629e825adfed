/** Where the bus reports what it repairs by itself. A pino logger fits. */
export interface MessagingLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: MessagingLog = { warn: () => {}, error: () => {} };
