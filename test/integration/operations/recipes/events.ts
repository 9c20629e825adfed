import { plain, type Recipe } from '../recipe.ts';
import { signed } from './signed.ts';

const source: Recipe = async ({ platform, fresh }) => {
  const name = fresh('shop-');
  await platform.client.eventSources.put(name, { scheme: 'stripe', secret: 'signing' });
  return { path: { name } };
};

const received: Recipe = async ({ platform, fresh }) => {
  const [source, id] = ['/walk', fresh('received/')];
  await platform.client.sendEvent({ id, source, type: 'walk.made', data: { id } });
  return { path: { source, id } };
};

export const receivedEventRecipes = {
  'receivedEvents.list': async (world) => {
    await received(world);
    return { query: { source: '/walk', limit: '5' } };
  },
  'receivedEvents.get': received,
  'receivedEvents.replay': received,
  'receivedEvents.replayMany': async (world) => {
    await received(world);
    return { body: { source: '/walk', from: new Date(Date.now() - 60_000).toISOString() } };
  },
} satisfies Record<string, Recipe>;

export const eventRecipes = {
  'events.follow': async ({ endedRun }) => ({ query: { run: await endedRun() }, status: 200 }),
  'events.link': async ({ endedRun }) => ({ body: { run: await endedRun(), expiresIn: { hours: 1 } } }),
  // `fetch` opens no WebSocket, and is told so.
  'events.socket': () => ({ status: 400 }),
  'events.public': async ({ platform, endedRun }) => {
    const { token } = await platform.client.events.link({ run: await endedRun() });
    return { path: { token }, status: 200 };
  },
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
  'eventSources.receive': ({ fresh }) => ({
    ...signed(fresh, { action: 'opened' }),
    path: { name: 'shop' },
    status: 202,
  }),
} satisfies Record<string, Recipe>;
