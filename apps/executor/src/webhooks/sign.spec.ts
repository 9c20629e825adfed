import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signedHeaders, signingKey } from './sign.ts';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const other = Buffer.alloc(24, 6).toString('base64');
const body = '{"type":"nightshift.run.RunFailed"}';
const sign = (atMs = Date.now(), secrets = [secret, other]) => signedHeaders('an-id', atMs, body, secrets);

describe('a signature', () => {
  it.each([secret, other])('is right for each of the secrets', (one) => {
    expect(new Webhook(one).verify(body, sign())).toEqual(JSON.parse(body));
    expect(() => new Webhook(one).verify(`${body} `, sign())).toThrow();
  });

  it.each(['', 'whsec_', 'not base64!', 'whsec_abcde'])('is not made with %j', (one) => {
    expect(() => signingKey(one)).toThrow(expect.objectContaining({ code: 'secret.unavailable' }));
  });

  it('is verified by what the guide shows', async () => {
    const guide = readFileSync(new URL('../../../../docs/guides/webhooks.md', import.meta.url), 'utf8');
    const [, shown] = /<!-- verify -->\n\n```js\n(.*?)```/s.exec(guide)!;
    const { verified } = (await import(`data:text/javascript,${encodeURIComponent(shown!)}`)) as {
      verified: (key: string, headers: Record<string, string>, text: string) => unknown;
    };
    expect(verified(secret, sign(), body)).toEqual(JSON.parse(body));
    expect(verified(other, sign(), body)).toEqual(JSON.parse(body));
    expect(() => verified(secret, sign(), `${body} `)).toThrow('not signed');
    expect(() => verified(secret, sign(Date.now(), [other]), body)).toThrow('not signed');
    expect(() => verified(secret, sign(Date.now() - 301_000), body)).toThrow('too old');
  });
});
