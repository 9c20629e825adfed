import {
  compileSchema,
  Failure,
  OriginSchema,
  SqlStartSchema,
  type Origin,
  type SqlStart,
  type SqlStartEvent,
} from '@nightshift/contracts';

/** A start that SQL asked for, as it was committed. */
export interface ReadStart {
  id: string;
  committedAtMs: number;
  start: SqlStart;
  origin: Origin;
}

const checkStart = compileSchema(SqlStartSchema);
const checkOrigin = compileSchema(OriginSchema);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A message's payload as a start, or why it is none: anybody with SQL can write one without the functions. */
export const readStart = (payload: unknown): ReadStart | Failure => {
  if (!isObject(payload) || !isObject(payload.data) || typeof payload.id !== 'string') {
    return new Failure('request.malformed', { detail: 'The message is not a start' });
  }
  const { id, time, data } = payload as unknown as SqlStartEvent;
  const committedAtMs = Date.parse(time);
  const origin = checkOrigin(data.origin);
  if (Number.isNaN(committedAtMs) || !origin.ok) {
    return new Failure('request.malformed', { detail: 'The message does not say when and by whom it was committed' });
  }
  if (data.start === null) return new Failure('request.too_large', { detail: 'The start is larger than a message' });
  const start = checkStart(data.start);
  return start.ok
    ? { id, committedAtMs, start: start.value, origin: origin.value }
    : new Failure('request.invalid', {
        detail: 'The message is not what nightshift.start writes',
        errors: start.violations,
      });
};
