import type { CloudEvent, Page, ReceivedEvent } from '@nightshift/contracts';
import type { Http, Repeatable } from '../transport/http.ts';

/** An outside event as it is sent: `specversion` is added. `subject` is the key that a `waitFor` step waits for. */
export type SentEvent = Omit<CloudEvent, 'specversion'>;

const toCloudEvent = (event: SentEvent): CloudEvent => ({ ...event, specversion: '1.0' });

export const makeSendEvents = (http: Http) => {
  const send = <Answer>(type: string, content: unknown, options?: Repeatable): Promise<Answer> =>
    http.json({
      ...options,
      method: 'POST',
      path: '/v1/events',
      body: { type, content: JSON.stringify(content) },
    });
  return {
    /** Takes an event in from outside, once, however often it is sent with the same `id` and `source`. */
    sendEvent: (event: SentEvent, options?: Repeatable): Promise<ReceivedEvent> =>
      send('application/cloudevents+json', toCloudEvent(event), options),
    /** Takes in events in their order. If one is refused, all are. */
    sendEvents: async (events: readonly SentEvent[], options?: Repeatable): Promise<ReceivedEvent[]> =>
      (await send<Page<ReceivedEvent>>('application/cloudevents-batch+json', events.map(toCloudEvent), options)).items,
  };
};
