import { EventLinkBodySchema } from '../live-events.ts';
import { get, post } from './operation.ts';

export const liveEventOperations = {
  'events.link': post('/v1/events/links', 'operator', 'A link by which anybody follows run events.', {
    isAudited: false,
    body: EventLinkBodySchema,
    answers: { 201: 'EventLink' },
  }),
  'events.socket': get('/v1/public/events', 'public', 'Run events over a WebSocket whose first message is the key.', {
    answers: { 101: 'websocket' },
  }),
  'events.public': get('/v1/public/events/{token}', 'public', 'The run events that a link is for, as they happen.', {
    answers: { 200: 'text/event-stream' },
  }),
};
