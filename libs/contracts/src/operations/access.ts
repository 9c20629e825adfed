import { ChangeKeyBodySchema, CreateKeyBodySchema, KeysQuerySchema, RotateKeyBodySchema } from '../keys.ts';
import { IssuerBodySchema } from '../issuers.ts';
import { get, patch, post, put, remove } from './operation.ts';

export const accessOperations = {
  'keys.create': post('/v1/keys', 'admin', 'Makes a key, and shows it this once.', {
    body: CreateKeyBodySchema,
    answers: { 201: 'NewKey' },
    failures: ['key.name_taken'],
  }),
  'keys.list': get('/v1/keys', 'admin', 'All keys, the newest first.', {
    query: KeysQuerySchema,
    answers: { 200: 'Page<KeyView>' },
  }),
  'keys.get': get('/v1/keys/{id}', 'admin', 'One key.', { answers: { 200: 'KeyView' } }),
  'keys.change': patch('/v1/keys/{id}', 'admin', 'Changes what a key may do, and for how long.', {
    body: ChangeKeyBodySchema,
    answers: { 200: 'KeyView' },
    failures: ['key.revoked'],
  }),
  'keys.rotate': post('/v1/keys/{id}/rotate', 'admin', 'Puts a new key in place of one, and shows it this once.', {
    body: RotateKeyBodySchema,
    answers: { 200: 'NewKey' },
    failures: ['key.revoked'],
  }),
  'keys.revoke': remove('/v1/keys/{id}', 'admin', 'Revokes a key, for good.', { answers: { 200: 'KeyView' } }),
  'issuers.put': put('/v1/issuers/{name}', 'admin', 'Says whose tokens prove who a user is.', {
    body: IssuerBodySchema,
    answers: { 200: 'Issuer' },
    failures: ['issuer.taken'],
  }),
  'issuers.list': get('/v1/issuers', 'admin', 'All issuers of tokens.', { answers: { 200: 'Page<Issuer>' } }),
  'issuers.get': get('/v1/issuers/{name}', 'admin', 'One issuer of tokens.', { answers: { 200: 'Issuer' } }),
  'issuers.remove': remove('/v1/issuers/{name}', 'admin', 'Takes no more tokens of an issuer.', {
    answers: { 204: '' },
  }),
};
