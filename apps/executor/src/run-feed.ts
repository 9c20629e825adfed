import {
  MESSAGE_VALUE_MAX_BYTES,
  subjects,
  type RunEvent,
  type RunFeedEvent,
  type RunRequested,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

/** Puts a run's events on the feed, in order. A repeat carries the same message id, and subscribers tell it by the version. */
export type PublishEvents = (requested: RunRequested, events: readonly RunEvent[]) => void;

export const makePublishEvents =
  (bus: Bus): PublishEvents =>
  (requested, events) => {
    for (const event of events) {
      const feedEvent: RunFeedEvent = {
        runId: event.runId,
        version: event.version,
        type: event.type,
        at: event.at,
        workflow: requested.workflow,
        chainId: requested.chainId,
        ...(requested.cause.kind === 'list' && { listId: requested.cause.listId }),
        data: event.data,
      };
      let text = JSON.stringify(feedEvent);
      if (text.length > MESSAGE_VALUE_MAX_BYTES) text = JSON.stringify({ ...feedEvent, data: undefined });
      bus.publish(subjects.runEvent(requested.workflow, event.runId, event.type), text, {
        id: `${event.runId}:${event.version}`,
      });
    }
  };
