import { ReceivedEventsQuerySchema, ReplayEventsBodySchema } from '../received-events.ts';
import { DeliveriesQuerySchema, RedeliverBodySchema, WebhookBodySchema } from '../webhooks.ts';
import { get, post, put, remove } from './operation.ts';

export const webhookOperations = {
  'webhooks.put': put('/v1/webhooks/{name}', 'editor', 'Has a receiver told of run events.', {
    body: WebhookBodySchema,
    answers: { 200: 'WebhookWithSecret' },
    failures: ['secret.unavailable'],
  }),
  'webhooks.list': get('/v1/webhooks', 'viewer', 'All webhooks, and how they do.', {
    answers: { 200: 'Page<WebhookView>' },
  }),
  'webhooks.get': get('/v1/webhooks/{name}', 'viewer', 'One webhook.', { answers: { 200: 'WebhookView' } }),
  'webhooks.remove': remove('/v1/webhooks/{name}', 'editor', 'Tells a receiver no more, and forgets its deliveries.', {
    answers: { 204: '' },
  }),
  'webhooks.rotateSecret': put(
    '/v1/webhooks/{name}/secret',
    'editor',
    'Makes a new secret; the one before signs too for a day.',
    { answers: { 200: 'WebhookWithSecret' }, failures: ['secret.unavailable'] },
  ),
  'webhooks.test': post('/v1/webhooks/{name}/test', 'operator', 'Sends a ping, and answers with what came back.', {
    answers: { 200: 'WebhookPing' },
  }),
  'webhooks.pause': post('/v1/webhooks/{name}/pause', 'operator', 'Keeps what a receiver is to be told.', {
    answers: { 200: 'WebhookView' },
  }),
  'webhooks.resume': post('/v1/webhooks/{name}/resume', 'operator', 'Sends what was kept, and what comes.', {
    answers: { 200: 'WebhookView' },
  }),
  'webhooks.deliveries': get(
    '/v1/webhooks/{name}/deliveries',
    'viewer',
    'What was sent, or is to be, and how it went.',
    {
      query: DeliveriesQuerySchema,
      answers: { 200: 'Page<WebhookDelivery>' },
    },
  ),
  'webhooks.redeliver': post('/v1/webhooks/{name}/deliveries/{id}/redeliver', 'operator', 'Sends one delivery again.', {
    answers: { 202: 'Redelivered' },
  }),
  'webhooks.redeliverMany': post(
    '/v1/webhooks/{name}/redeliver',
    'operator',
    'Sends all deliveries of some time again.',
    { body: RedeliverBodySchema, answers: { 202: 'Redelivered' } },
  ),
  'receivedEvents.list': get('/v1/received-events', 'viewer', 'Events from outside, and what became of them.', {
    query: ReceivedEventsQuerySchema,
    answers: { 200: 'Page<ReceivedEventInfo>' },
  }),
  'receivedEvents.get': get(
    '/v1/received-events/{source}/{id}',
    'operator',
    'One event from outside, with what it holds.',
    {
      answers: { 200: 'ReceivedEventView' },
    },
  ),
  'receivedEvents.replay': post(
    '/v1/received-events/{source}/{id}/replay',
    'operator',
    'Starts again what an event starts.',
    { answers: { 202: 'ReplayedEvent' } },
  ),
  'receivedEvents.replayMany': post(
    '/v1/received-events/replay',
    'operator',
    'Starts again what the events of a source start.',
    { body: ReplayEventsBodySchema, answers: { 202: 'ReplayedEvents' } },
  ),
};
