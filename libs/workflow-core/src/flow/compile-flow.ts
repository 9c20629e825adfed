import { durationMs, Failure, FLOW_KEY_MAX_LENGTH, type Flow } from '@nightshift/contracts';
import { compileRightTemplate } from '../expressions/compile-right.ts';
import type { EvaluationEnv, Scope } from '../expressions/scope.ts';
import { expressionIn } from '../expressions/template.ts';
import type { RateLimit } from './rate-window.ts';

/** Where a run stands in its workflow's queue. */
export interface FlowPlace {
  /** Empty: the runs of the workflow are not told apart, or this one has no key. */
  readonly key: string;
  /** How much earlier it counts as requested. */
  readonly aheadMs: number;
}

/** A flow, ready to be kept to. Times in milliseconds. */
export interface CompiledFlow {
  readonly concurrency: { readonly limit?: number; readonly perKey?: number };
  readonly rate?: RateLimit;
  readonly keyRate?: RateLimit;
  readonly cancelsExcess: boolean;
  readonly debounce?: { readonly periodMs: number; readonly atMostMs: number };
  readonly batch?: { readonly size: number; readonly withinMs: number };
  /**
   * The place of a run that is requested with what the scope holds: `parameters`, `item`, `trigger`. A promise only where an expression needs
   * one.
   * @throws Failure `expression.failed`, thrown or as the promise's rejection
   */
  readonly placeOf: (scope: Scope, env: EvaluationEnv) => FlowPlace | Promise<FlowPlace>;
}

/** Compiles a flow that `checkFlow` found right. @throws Error if an expression in it does not compile */
export const compileFlow = (flow: Flow): CompiledFlow => {
  const { concurrency = {}, rate, debounce, batch } = flow;
  const { key, priority } = flow;
  const place = compileRightTemplate(
    {
      ...(key !== undefined && { key: `=${expressionIn(key)}` }),
      ...(priority !== undefined && {
        priority: typeof priority === 'string' ? `=${expressionIn(priority)}` : priority,
      }),
    },
    '/flow',
  );
  const limitOf = (limit: number | undefined): RateLimit | undefined => {
    if (rate === undefined || limit === undefined) return undefined;
    const perMs = durationMs(rate.per);
    return rate.spread === true ? { limit: 1, perMs: perMs / limit } : { limit, perMs };
  };
  const [whole, perKey] = [limitOf(rate?.limit), limitOf(rate?.perKey)];
  return {
    concurrency,
    ...(whole && { rate: whole }),
    ...(perKey && { keyRate: perKey }),
    cancelsExcess: rate?.excess === 'cancel',
    ...(debounce && {
      debounce: {
        periodMs: durationMs(debounce.period),
        atMostMs: debounce.atMost === undefined ? Infinity : durationMs(debounce.atMost),
      },
    }),
    ...(batch && { batch: { size: batch.size, withinMs: durationMs(batch.within) } }),
    placeOf: (scope, env) => {
      const value = place.evaluate(scope, env);
      return value instanceof Promise ? value.then(toPlace) : toPlace(value);
    },
  };
};

const toPlace = (value: unknown): FlowPlace => {
  const { key, priority } = value as { key?: unknown; priority?: unknown };
  return { key: keyText(key), aheadMs: 1000 * secondsOf(priority) };
};

const keyText = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= FLOW_KEY_MAX_LENGTH && !text.includes('\0')) return text;
  throw refused(
    '/flow/key',
    `The key is ${text.length} characters long; it may be ${FLOW_KEY_MAX_LENGTH}, without null characters`,
  );
};

/** As far as a number may go in the document. */
const MOST_SECONDS = 86_400;

const secondsOf = (value: unknown): number => {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Math.abs(value) <= MOST_SECONDS) return value;
  throw refused('/flow/priority', `The priority must be a number of seconds, at most ${MOST_SECONDS} either way`);
};

const refused = (pointer: string, detail: string): Failure =>
  new Failure('expression.failed', { detail, errors: [{ pointer, detail }] });
