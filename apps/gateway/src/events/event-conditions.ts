import { Failure, type RunFeedEvent } from '@nightshift/contracts';
import { compileEventFilter, type CompiledEventFilter } from '@nightshift/workflow-core';
import { refusal } from '../door/checked.ts';

/** What an expression says of events, asked once per event however many subscriptions have it. */
export interface EventCondition {
  readonly source: string;
  fits(event: RunFeedEvent): boolean;
}

/** @throws Failure `request.invalid`, with the expression's mistake and its place */
export type ReadCondition = (source: string) => EventCondition;

/** Expressions of different texts that are remembered. Fewer, and the same one may be compiled twice; more cost some kilobytes each. */
const KNOWN_MAX = 1_000;

const rememberLast = ({ source, fits }: CompiledEventFilter): EventCondition => {
  let lastEvent: RunFeedEvent | undefined;
  let lastFits = false;
  return {
    source,
    fits: (event) => {
      if (event !== lastEvent) {
        lastFits = fits(event);
        lastEvent = event;
      }
      return lastFits;
    },
  };
};

/** Compiles the filters of subscriptions; one text, one condition. */
export const makeReadCondition = (): ReadCondition => {
  const known = new Map<string, EventCondition>();
  return (source) => {
    const found = known.get(source);
    if (found !== undefined) return found;
    const compiled = compileEventFilter(source, '/filter');
    if ('problem' in compiled) {
      const { detail = '', errors } = compiled.problem;
      throw errors ? refusal('request.invalid', errors) : new Failure('request.invalid', { detail });
    }
    const condition = rememberLast(compiled);
    known.set(source, condition);
    if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
    return condition;
  };
};
