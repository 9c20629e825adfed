import type { AcceptedCall } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { createClient } from '../create-client.ts';

interface Asked {
  method: string;
  url: string;
  prefer: string | null;
}

const clientThatIsAsked = () => {
  const asked: Asked[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push({ method: init.method!, url: String(url), prefer: new Headers(init.headers).get('prefer') });
    return new Response('{"runId":"r","statusUrl":"/s"}', { status: 202 });
  };
  return { asked, client: createClient({ url: 'http://gateway', fetch: fetch as typeof globalThis.fetch }) };
};

it('an endpoint with a path of its own is called there, and waited for as is preferred', async () => {
  const { client, asked } = clientThatIsAsked();
  await client.wf('ship', { express: true }, { method: 'GET', path: ['orders', 'a/1'], prefer: { wait: 4.2 } });
  const accepted: AcceptedCall = await client.wf('ship', {}, { prefer: 'respond-async' });
  await client.wf('ship', {}, { draft: true });
  expect(accepted.statusUrl).toBe('/s');
  expect(asked).toEqual([
    { method: 'GET', url: 'http://gateway/wf/ship/orders/a%2F1?express=true', prefer: 'wait=5' },
    { method: 'POST', url: 'http://gateway/wf/ship', prefer: 'respond-async' },
    { method: 'POST', url: 'http://gateway/wf-draft/ship', prefer: null },
  ]);
});
