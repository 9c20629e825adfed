import type { Ask, Recipe } from '../recipe.ts';

const of =
  (workflow: 'waits' | 'fails', more: Ask = {}): Recipe =>
  async ({ list }) => ({ ...more, path: { ...more.path, id: await list(workflow) } });

export const listRecipes = {
  'lists.create': () => ({ path: { name: 'does-nothing' }, body: { items: [1, 2] } }),
  'lists.search': () => ({ query: { limit: '5' } }),
  'lists.get': of('fails'),
  'lists.items': of('fails', { query: { status: 'failed' } }),
  'lists.failures': of('fails'),
  'lists.change': of('waits', { body: { gap: { seconds: 1 } } }),
  'lists.pause': of('waits', { body: { inFlight: 'pause' } }),
  'lists.resume': async ({ list, platform }) => {
    const id = await list('waits');
    await platform.client.lists.pause(id);
    return { path: { id } };
  },
  'lists.cancel': of('waits', { body: { inFlight: 'cancel' } }),
  'lists.retryFailed': of('fails'),
  'lists.retryItem': of('fails', { path: { index: 0 } }),
  'lists.skipItem': of('waits', { path: { index: 1 } }),
} satisfies Record<string, Recipe>;
