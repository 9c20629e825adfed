import type { Operation } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { assertMay, mayStart } from './assert-may.ts';
import type { Grant } from './grant.ts';

const grant = (role: Grant['role'], starts: string[] = []): Grant => ({
  caller: { kind: 'key', name: 'test' },
  role,
  starts,
  seesPayloads: true,
  rateLimit: null,
});
const publish: Operation = { method: 'POST', path: '/v1/workflows/{name}/publish', access: 'editor', summary: '' };
const start: Operation = { ...publish, access: 'operator', starts: true };

describe('rights', () => {
  it('come with a role and those above it', () => {
    expect(() => assertMay(grant('editor'), publish, { name: 'greet' })).not.toThrow();
    expect(() => assertMay(grant('admin'), publish, { name: 'greet' })).not.toThrow();
    expect(() => assertMay(grant('operator'), publish, { name: 'greet' })).toThrow(
      expect.objectContaining({
        code: 'auth.forbidden',
        message: expect.stringContaining('the role editor') as string,
      }),
    );
    expect(() => assertMay(grant(null), { ...publish, access: 'public' }, {})).not.toThrow();
  });

  it('to start a workflow do not reach another one, nor another operation', () => {
    const holder = grant('viewer', ['send-*', 'greet']);
    for (const name of ['greet', 'send-letter']) expect(() => assertMay(holder, start, { name })).not.toThrow();
    for (const name of ['greet-all', 'resend', 'sen'])
      expect(() => assertMay(holder, start, { name })).toThrow('the right to start');
    expect(() => assertMay(holder, publish, { name: 'greet' })).toThrow(
      'This needs the role editor; the credentials have the role viewer.',
    );
    expect(mayStart(grant(null), 'greet')).toBe(false);
  });
});
