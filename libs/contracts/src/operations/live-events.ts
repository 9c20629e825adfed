import { EventLinkBodySchema } from '../live-events.ts';
import { get, post } from './operation.ts';

export const liveEventOperations = {
  'events.link': post('/v1/events/links', 'operator', 'A link by which anybody follows run events.', {
    isAudited: false,
    body: EventLinkBodySchema,
    answers: { 201: 'EventLink' },
    failures: ['run.not_found', 'list.not_found', 'workflow.not_found', 'secret.unavailable'],
  }),
  'events.socket': get('/v1/public/events', 'public', 'Run events over a WebSocket whose first message is the key.', {
    answers: { 101: 'websocket' },
    failures: ['request.malformed', 'auth.forbidden', 'events.too_many'],
  }),
  'events.public': get('/v1/public/events/{token}', 'public', 'The run events that a link is for, as they happen.', {
    headers: ['last-event-id'],
    answers: { 101: 'websocket', 200: 'text/event-stream', 204: '' },
    failures: ['link.expired', 'request.invalid', 'auth.forbidden'],
  }),
};
