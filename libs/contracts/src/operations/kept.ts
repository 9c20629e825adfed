import { DeadLettersQuerySchema, MailboxQuerySchema, RedriveBodySchema } from '../queries.ts';
import { SecretBodySchema } from '../rest.ts';
import { get, post, put, remove } from './operation.ts';

export const keptOperations = {
  'secrets.set': put('/v1/secrets/{name}', 'editor', 'Keeps a secret, or replaces it.', {
    body: SecretBodySchema,
    answers: { 204: '' },
    failures: ['secret.unavailable'],
  }),
  'secrets.list': get('/v1/secrets', 'viewer', 'The names of all secrets.', { answers: { 200: 'Page<SecretInfo>' } }),
  'secrets.remove': remove('/v1/secrets/{name}', 'editor', 'Forgets a secret.', {
    answers: { 204: '' },
    failures: ['secret.not_found'],
  }),
  'mailbox.list': get('/v1/mailbox', 'viewer', 'Mails that were kept instead of sent.', {
    query: MailboxQuerySchema,
    answers: { 200: 'Page<MailboxEntry>' },
  }),
  'mailbox.get': get('/v1/mailbox/{messageId}', 'viewer', 'One kept mail.', { answers: { 200: 'MailboxEntry' } }),
  'mailbox.clear': remove('/v1/mailbox', 'operator', 'Throws kept mails away.', { answers: { 204: '' } }),
  'deadLetters.list': get('/v1/dead-letters', 'viewer', 'Messages that could not be handled.', {
    query: DeadLettersQuerySchema,
    answers: { 200: 'Page<DeadLetterInfo>' },
  }),
  'deadLetters.get': get('/v1/dead-letters/{id}', 'viewer', 'One message that could not be handled.', {
    answers: { 200: 'DeadLetterInfo' },
  }),
  'deadLetters.redrive': post('/v1/dead-letters/{id}/redrive', 'operator', 'Has a message handled again.', {
    answers: { 200: 'DeadLetterInfo' },
    failures: ['dead_letter.incomplete'],
  }),
  'deadLetters.redriveMany': post(
    '/v1/dead-letters/redrive',
    'operator',
    'Has all messages handled again that are named or found.',
    { body: RedriveBodySchema, answers: { 200: 'Redriven' } },
  ),
};
