import { get, post, put, remove } from './operation.ts';

export const eventOperations = {
  'events.follow': get('/v1/events', 'viewer', 'Run events as they happen.'),
  'events.send': post('/v1/events', 'operator', 'Takes in outside events, as CloudEvents.', { isAudited: false }),
  'eventSources.put': put('/v1/event-sources/{name}', 'editor', 'Says who sends signed events, and how he signs.'),
  'eventSources.list': get('/v1/event-sources', 'viewer', 'All senders of signed events.'),
  'eventSources.get': get('/v1/event-sources/{name}', 'viewer', 'One sender of signed events.'),
  'eventSources.remove': remove('/v1/event-sources/{name}', 'editor', 'Takes no more events from a sender.'),
  'eventSources.receive': post(
    '/v1/event-sources/{name}/events',
    'public',
    'Takes in an event whose signature is right.',
    { isAudited: false },
  ),
};
