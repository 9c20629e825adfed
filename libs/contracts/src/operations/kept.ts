import { get, post, put, remove } from './operation.ts';

export const keptOperations = {
  'secrets.set': put('/v1/secrets/{name}', 'editor', 'Keeps a secret, or replaces it.'),
  'secrets.list': get('/v1/secrets', 'viewer', 'The names of all secrets.'),
  'secrets.remove': remove('/v1/secrets/{name}', 'editor', 'Forgets a secret.'),
  'mailbox.list': get('/v1/mailbox', 'viewer', 'Mails that were kept instead of sent.'),
  'mailbox.get': get('/v1/mailbox/{messageId}', 'viewer', 'One kept mail.'),
  'mailbox.clear': remove('/v1/mailbox', 'operator', 'Throws kept mails away.'),
  'deadLetters.list': get('/v1/dead-letters', 'viewer', 'Messages that could not be handled.'),
  'deadLetters.get': get('/v1/dead-letters/{id}', 'viewer', 'One message that could not be handled.'),
  'deadLetters.redrive': post('/v1/dead-letters/{id}/redrive', 'operator', 'Has a message handled again.'),
  'deadLetters.redriveMany': post(
    '/v1/dead-letters/redrive',
    'operator',
    'Has all messages handled again that are named or found.',
  ),
};
