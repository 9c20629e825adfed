/** What Postgres says about a statement that failed. https://www.postgresql.org/docs/18/protocol-error-fields.html */
export interface PostgresError extends Error {
  code: string;
  detail?: string;
  table?: string;
  column?: string;
  constraint?: string;
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
export const sqlState = {
  outOfRange: '22003',
  notNull: '23502',
  foreignKey: '23503',
  unique: '23505',
  check: '23514',
  exclusion: '23P01',
  deadlock: '40P01',
  serialization: '40001',
  insufficientPrivilege: '42501',
  undefinedColumn: '42703',
  undefinedTable: '42P01',
  datatypeMismatch: '42804',
  undefinedFunction: '42883',
  cannotCoerce: '42846',
  notSupported: '0A000',
  tooComplex: '54000',
  dependentObjects: '2BP01',
  duplicateTable: '42P07',
  duplicateObject: '42710',
  queryCancelled: '57014',
  lockNotAvailable: '55P03',
  objectInUse: '55006',
  /** By a trigger of somebody's own. */
  raised: 'P0001',
  /** Raised by our own functions (`migrations/0002-operations.ts`). */
  noList: 'NS001',
  answerTooLong: 'NS002',
  /** Raised for users (`migrations/0004-privacy.ts`). */
  notPermitted: 'NS003',
  noReference: 'NS004',
} as const;

export const isPostgresError = (error: unknown): error is PostgresError =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^[0-9A-Z]{5}$/.test(error.code) &&
  'severity' in error;

/** Of a statement that was made for a table as it was: a column or the table is gone, or of another type. */
const outdated: ReadonlySet<string> = new Set([
  sqlState.undefinedColumn,
  sqlState.undefinedTable,
  sqlState.datatypeMismatch,
  sqlState.undefinedFunction,
  sqlState.cannotCoerce,
]);

/** Whether Postgres refused a statement because a type is not as it was when it was read. */
export const isOutdated = (error: unknown): boolean =>
  isPostgresError(error) &&
  (outdated.has(error.code) || (error.code === sqlState.notSupported && error.message.includes('cached plan')));

/** Whether Postgres was away or had no room, so that the same statement can succeed later. */
export const isAway = (error: unknown): boolean => {
  if (isPostgresError(error)) return /^(08|53|57P|58|XX)/.test(error.code) || error.code === '25006';
  return (
    error instanceof Error &&
    /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|Connection terminated|timeout exceeded when trying to connect|not queryable|Cannot use a pool/.test(
      `${'code' in error ? String(error.code) : ''} ${error.message}`,
    )
  );
};
