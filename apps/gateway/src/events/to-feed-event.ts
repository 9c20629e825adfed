import { MESSAGE_VALUE_MAX_BYTES, type RunEvent, type RunFeedEvent } from '@nightshift/contracts';
import type { ShownEvent } from './shown-event.ts';

/** What all events of one run have in common on the feed. */
export type RunPlace = Pick<RunFeedEvent, 'runId' | 'workflow' | 'chainId' | 'listId'>;

/** An event of the ledger as the feed would have brought it, and its text. */
export const toFeedEvent = (
  { runId, workflow, chainId, listId }: RunPlace,
  { version, type, at, data }: RunEvent,
): ShownEvent => {
  const event: RunFeedEvent = { runId, version, type, at, workflow, chainId, ...(listId && { listId }), data };
  const text = JSON.stringify(event);
  if (text.length <= MESSAGE_VALUE_MAX_BYTES) return { event, text };
  delete event.data;
  return { event, text: JSON.stringify(event) };
};
