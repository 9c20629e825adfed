import type { NewRunEvent, RunEventData } from '@nightshift/contracts';
import { Value } from 'typebox/value';

/** One of the ways in which a run may go on. */
export interface Foreseen {
  /** In words, to somebody who found another event. */
  readonly toText: (found: NewRunEvent) => string;
  /** Whether the event is this way. */
  readonly fits: (event: NewRunEvent) => boolean;
  /** What is decided together with it, and comes right after it. */
  readonly then?: Foreseen;
}

/** Exactly these events, but for what the clock decides and for the words of problems and reasons. */
export const exactly = ([event, ...rest]: readonly NewRunEvent[]): Foreseen[] => {
  if (!event) return [];
  const expected = comparable(event);
  const [then] = exactly(rest);
  return [
    {
      toText: () => describeEvent(event),
      fits: (found) => Value.Equal(expected, comparable(found)),
      ...(then && { then }),
    },
  ];
};

/** An event of this type for which `holds` is true. What else it says, only the history can tell. */
export const someEvent = <T extends NewRunEvent['type']>(
  type: T,
  text: string,
  holds: (data: RunEventData<T>) => boolean = () => true,
): Foreseen => ({
  toText: () => `${type} ${text}`.trimEnd(),
  fits: (event) => event.type === type && holds(event.data as RunEventData<T>),
});

const comparable = ({ type, data }: NewRunEvent): unknown => {
  const {
    reason: _reason,
    retryAt: _retryAt,
    until: _until,
    workflowVersion: _version,
    problem,
    ...rest
  } = data as Data;
  // As it is once it has been through the ledger.
  return JSON.parse(JSON.stringify({ type, ...rest, ...(problem && { code: problem.code }) })) as unknown;
};

interface Data {
  reason?: string;
  retryAt?: string;
  until?: string;
  workflowVersion?: number;
  problem?: { code: string };
  step?: string;
  iteration?: string;
  branch?: string;
  handledBy?: string;
  index?: number;
  lock?: string;
  items?: unknown[];
  message?: string;
  result?: unknown;
}

/** Longer, and a large result hides the rest. */
const SHOWN_LENGTH = 80;

/** An event in one line: its type, its step, and what in it is decided. */
export const describeEvent = ({ type, data }: NewRunEvent): string => {
  const { step, iteration, branch, index, lock, items, message, problem, handledBy, result } = data as Data;
  const parts = [
    step !== undefined && (iteration === undefined ? step : `${step}[${iteration}]`),
    branch !== undefined && `branch ${branch}`,
    index !== undefined && `round ${index}`,
    lock !== undefined && `lock ${lock}`,
    items && `with ${items.length} items`,
    message !== undefined && shown(message),
    problem && `with ${problem.code}`,
    handledBy !== undefined && `handled by ${handledBy}`,
    result !== undefined && `= ${shown(result)}`,
  ];
  return [type, ...parts.filter((part) => typeof part === 'string')].join(' ');
};

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
};
