import { createHmac } from 'node:crypto';
import { plain, type Recipe } from '../recipe.ts';
import { SIGNING_SECRET } from '../world.ts';

const source: Recipe = async ({ platform, fresh }) => {
  const name = fresh('shop-');
  await platform.client.eventSources.put(name, { scheme: 'stripe', secret: 'signing' });
  return { path: { name } };
};

export const eventRecipes = {
  'events.follow': async ({ endedRun }) => ({ query: { run: await endedRun() } }),
  'events.send': ({ fresh }) => ({
    body: { specversion: '1.0', id: fresh('event'), source: 'walk', type: 'walk.made', data: {} },
  }),
  'eventSources.put': ({ fresh }) => ({
    path: { name: fresh('shop-') },
    body: { scheme: 'hmac', secret: 'signing', header: 'x-signature' },
  }),
  'eventSources.list': plain,
  'eventSources.get': source,
  'eventSources.remove': source,
  'eventSources.receive': ({ fresh }) => {
    const data = JSON.stringify({ action: 'opened' });
    const signature = createHmac('sha256', SIGNING_SECRET).update(data).digest('hex');
    return {
      path: { name: 'shop' },
      headers: {
        'x-hub-signature-256': `sha256=${signature}`,
        'x-github-delivery': fresh('delivery'),
        'x-github-event': 'issues',
      },
      content: { type: 'application/json', data },
      status: 202,
    };
  },
} satisfies Record<string, Recipe>;
