import type { RunFeedEvent } from '@nightshift/contracts';

/** An event as somebody sees it, and its text. */
export interface ShownEvent {
  event: RunFeedEvent;
  text: string;
  /** The same for those who do not see payloads, once somebody needed it. */
  bare?: ShownEvent;
}

/** Of an event's data what says where in the run it happened, and nothing of what the run was given, did or returned. */
const placeKeys = ['step', 'iteration', 'attempt', 'index', 'branch'];

const placeOf = (data: unknown): Record<string, unknown> | undefined => {
  if (typeof data !== 'object' || data === null) return undefined;
  const known = Object.entries(data).filter(([key]) => placeKeys.includes(key));
  return known.length > 0 ? Object.fromEntries(known) : undefined;
};

/** The event for those who do not see payloads. `masked` says that it is not all; filters look at it as it is shown. */
const bareOf = ({ event: { data, ...event } }: ShownEvent): ShownEvent => {
  const place = placeOf(data);
  const bare = { ...event, masked: true as const, ...(place && { data: place }) };
  return { event: bare, text: JSON.stringify(bare) };
};

/** The event as it is shown to a reader; made once for all of his kind. */
export const showEvent = (event: ShownEvent, seesPayloads: boolean): ShownEvent =>
  seesPayloads ? event : (event.bare ??= bareOf(event));
