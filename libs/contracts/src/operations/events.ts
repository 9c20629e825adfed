import { CloudEventSchema } from '../cloud-event.ts';
import { EventSourceBodySchema } from '../event-source.ts';
import { FollowedEventsSchema } from '../live-events.ts';
import { get, post, put, remove } from './operation.ts';

export const eventOperations = {
  'events.follow': get('/v1/events', 'viewer', 'Run events as they happen: as a stream, or over a WebSocket.', {
    query: FollowedEventsSchema,
    headers: ['last-event-id'],
    answers: { 101: 'websocket', 200: 'text/event-stream', 204: '' },
    failures: ['run.not_found', 'list.not_found', 'workflow.not_found', 'auth.forbidden'],
  }),
  'events.send': post('/v1/events', 'operator', 'Takes in outside events, as CloudEvents.', {
    body: CloudEventSchema,
    bodies: ['application/cloudevents+json', 'application/cloudevents-batch+json'],
    answers: { 202: 'ReceivedEvent | Page<ReceivedEvent>' },
    failures: ['event.invalid'],
    isAudited: false,
  }),
  'eventSources.put': put('/v1/event-sources/{name}', 'editor', 'Says who sends signed events, and how he signs.', {
    body: EventSourceBodySchema,
    answers: { 200: 'EventSource' },
  }),
  'eventSources.list': get('/v1/event-sources', 'viewer', 'All senders of signed events.', {
    answers: { 200: 'Page<EventSource>' },
  }),
  'eventSources.get': get('/v1/event-sources/{name}', 'viewer', 'One sender of signed events.', {
    answers: { 200: 'EventSource' },
  }),
  'eventSources.remove': remove('/v1/event-sources/{name}', 'editor', 'Takes no more events from a sender.', {
    answers: { 204: '' },
  }),
  'eventSources.receive': post(
    '/v1/event-sources/{name}/events',
    'public',
    'Takes in an event whose signature is right.',
    {
      bodies: ['*/*'],
      answers: { 200: 'Challenge', 202: 'ReceivedEvent' },
      failures: ['signature.wrong', 'signature.expired', 'event.invalid', 'secret.unavailable'],
      isAudited: false,
    },
  ),
};
