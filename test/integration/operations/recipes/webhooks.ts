import { plain, type Ask, type Recipe } from '../recipe.ts';

/** Nobody is to be told of more than one event in this world. */
const webhook = { url: 'https://receiver.example.com/events', workflow: 'does-nothing', paused: true };

const named =
  (more: Ask = {}): Recipe =>
  async ({ platform, fresh }) => {
    const name = fresh('receiver-');
    await platform.client.webhooks.put(name, webhook);
    return { ...more, path: { name } };
  };

export const webhookRecipes = {
  'webhooks.put': ({ fresh }) => ({ path: { name: fresh('receiver-') }, body: webhook }),
  'webhooks.list': plain,
  'webhooks.get': named(),
  'webhooks.remove': named(),
  'webhooks.rotateSecret': named(),
  // What comes back is that its address is not one to send to.
  'webhooks.test': named(),
  'webhooks.pause': named(),
  'webhooks.resume': named(),
  'webhooks.deliveries': async ({ delivery }) => {
    const { name } = await delivery();
    return { path: { name }, query: { limit: '5', status: 'pending' } };
  },
  'webhooks.redeliver': async ({ delivery }) => ({ path: { ...(await delivery()) } }),
  'webhooks.redeliverMany': named({ body: { from: '2026-01-01T00:00:00Z' } }),
} satisfies Record<string, Recipe>;
