import { describe, expect, it } from 'vitest';
import { parseServerList } from './server-list.ts';

describe('parseServerList', () => {
  it.each([
    ['127.0.0.1', { servers: ['127.0.0.1'] }],
    ['nats://a:p%40ss@one:4222,nats://two:4223', { servers: ['one:4222', 'two:4223'], user: 'a', pass: 'p@ss' }],
    ['nats://token@one:4222', { servers: ['one:4222'], token: 'token' }],
    ['tls://one:4222', { servers: ['one:4222'], tls: {} }],
    ['nats://[::1]:4222', { servers: ['[::1]:4222'] }],
  ])('reads %s', (url, expected) => {
    expect(parseServerList(url)).toEqual(expected);
  });

  it('does not tell a bad url, which may hold a password', () => {
    expect(() => parseServerList('nats://a:secret@:nonsense:')).toThrow('the url of the message server cannot be read');
  });
});
