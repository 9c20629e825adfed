import {
  compileSchema,
  durationMs,
  DurationSchema,
  Failure,
  WaitQuerySchema,
  type Duration,
} from '@nightshift/contracts';
import { checked } from './checked.ts';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const short = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;
const check = compileSchema(DurationSchema);
const checkWait = compileSchema(WaitQuerySchema);

/** Longer, and proxies between here and the caller give up first. */
export const WAIT_MAX_MS = 5 * 60_000;

/** A duration out of a query string, as `10s`, `250ms`, `10` (seconds) or ISO 8601. @throws Failure `request.invalid` */
export const readDuration = (name: string, text: string): Duration => {
  const [, amount, unit = 's'] = short.exec(text) ?? [];
  if (amount !== undefined) return { milliseconds: Math.round(Number(amount) * unitsMs[unit]!) };
  const result = check(text);
  if (result.ok) return result.value;
  const detail = 'must be a number with ms, s, m, h or d, or an ISO 8601 duration';
  throw new Failure('request.invalid', { detail: `${name} ${detail}`, errors: [{ pointer: `/${name}`, detail }] });
};

/**
 * How long the caller wants to wait, where a query can say nothing else; undefined: not at all. More than the most counts as the most.
 * @throws Failure `request.invalid`
 */
export const readWait = (query: object): number | undefined => {
  const { wait } = checked(checkWait, query);
  return wait === undefined ? undefined : Math.min(durationMs(readDuration('wait', wait)), WAIT_MAX_MS);
};
