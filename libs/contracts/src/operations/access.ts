import { ChangeKeyBodySchema, CreateKeyBodySchema, KeysQuerySchema, RotateKeyBodySchema } from '../keys.ts';
import { get, patch, post, remove } from './operation.ts';

export const accessOperations = {
  'keys.create': post('/v1/keys', 'admin', 'Makes a key, and shows it this once.', {
    body: CreateKeyBodySchema,
    answers: { 201: 'NewKey' },
  }),
  'keys.list': get('/v1/keys', 'admin', 'All keys, the newest first.', {
    query: KeysQuerySchema,
    answers: { 200: 'Page<KeyView>' },
  }),
  'keys.get': get('/v1/keys/{id}', 'admin', 'One key.', { answers: { 200: 'KeyView' } }),
  'keys.change': patch('/v1/keys/{id}', 'admin', 'Changes what a key may do, and for how long.', {
    body: ChangeKeyBodySchema,
    answers: { 200: 'KeyView' },
  }),
  'keys.rotate': post('/v1/keys/{id}/rotate', 'admin', 'Puts a new key in place of one, and shows it this once.', {
    body: RotateKeyBodySchema,
    answers: { 200: 'NewKey' },
  }),
  'keys.revoke': remove('/v1/keys/{id}', 'admin', 'Revokes a key, for good.', { answers: { 200: 'KeyView' } }),
};
