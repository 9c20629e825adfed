import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, openTestGateway, type TestGateway } from '../../apps/gateway/test/test-gateway.ts';

const LIMIT = 200;
let gateway: TestGateway;
let urls: string[];

beforeAll(async () => {
  gateway = await openTestGateway({
    settings: {
      NIGHTSHIFT_RATE_LIMIT: `${LIMIT}/120`,
      NIGHTSHIFT_ANONYMOUS_RATE_LIMIT: '5/120',
      NIGHTSHIFT_FAILED_KEYS_RATE_LIMIT: '10/120',
      NIGHTSHIFT_TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  urls = [gateway.url, (await gateway.openAnother()).url];
});
afterAll(() => gateway?.close());

const ask = (url: string, path = '/v1/workflows', headers: Record<string, string> = {}) =>
  fetch(url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers } });

describe('the limit of a key', () => {
  it('is said with every answer', async () => {
    const { headers } = await ask(urls[0]!);
    expect(headers.get('ratelimit-policy')).toBe(`"key";q=${LIMIT};w=120`);
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"key";r=${LIMIT - 1};t=1[123]\\d$`));
  });

  it('holds over all gateways together', async () => {
    let admitted = 1;
    let refused: Response | undefined;
    const asker = async (url: string): Promise<void> => {
      for (;;) {
        const response = await ask(url);
        await response.text();
        if (response.status === 429) return void (refused = response);
        expect(response.status).toBe(200);
        admitted++;
      }
    };
    const ASKERS = 4;
    await Promise.all(urls.flatMap((url) => Array.from({ length: ASKERS }, () => asker(url))));
    expect(admitted).toBeGreaterThanOrEqual(LIMIT);
    // What was in hand at the other gateway while a message was on its way, and what it had not told yet.
    expect(admitted).toBeLessThanOrEqual(LIMIT + LIMIT / 8 + ASKERS);
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused!.headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/);
    const again = await ask(urls[0]!);
    expect(again.status).toBe(429);
    expect(await again.json()).toMatchObject({ code: 'request.too_many', status: 429 });
  });

  it('does not concern whoever asks whether the gateway is there', async () => {
    expect((await ask(urls[0]!, '/readyz')).status).toBe(200);
    expect((await ask(urls[0]!, '/metrics')).status).toBe(200);
  });
});

describe('the limit of an address', () => {
  const call = (url: string, from: string) =>
    fetch(`${url}/wf/nothing`, { headers: { 'x-forwarded-for': from } }).then(({ status }) => status);

  it('holds for what needs no key, over all gateways', async () => {
    for (let count = 0; count < 5; count++) expect(await call(urls[0]!, '192.0.2.1')).toBe(404);
    await waitFor(async () => ((await call(urls[1]!, '192.0.2.1')) === 429 ? true : undefined), {
      describe: 'the other gateway to know',
    });
    expect(await call(urls[1]!, '192.0.2.2')).toBe(404);
  });

  it('counts IPv6 by the network of a customer', async () => {
    for (let count = 0; count < 5; count++) expect(await call(urls[0]!, `2001:db8:0:1::${count}`)).toBe(404);
    expect(await call(urls[0]!, '2001:db8:0:1:ffff::1')).toBe(429);
    expect(await call(urls[0]!, '2001:db8:0:2::1')).toBe(404);
  });

  it('holds for keys that are not right, and lets the right ones in', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 11; count++)
      statuses.push(
        (await ask(urls[0]!, '/v1/workflows', { authorization: 'Bearer wrong', 'x-forwarded-for': '192.0.2.9' }))
          .status,
      );
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    // Of the key's own limit nothing is left; it is not the address that is refused.
    const own = await ask(urls[0]!, '/v1/workflows', { 'x-forwarded-for': '192.0.2.9' });
    expect(own.headers.get('ratelimit-policy')).toContain('"key"');
  });
});

it('without NATS each gateway goes on with what it knows', async () => {
  await gateway.nats.stop();
  const response = await ask(urls[0]!);
  expect(response.status).toBe(429);
});
