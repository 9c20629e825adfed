import { plain, type Ask, type Recipe } from '../recipe.ts';

const key =
  (more: Ask = {}): Recipe =>
  async ({ platform, fresh }) => {
    const { id } = await platform.client.keys.create({ name: fresh('key '), role: 'viewer' });
    return { ...more, path: { id } };
  };

export const accessRecipes = {
  'keys.create': ({ fresh }) => ({ body: { name: fresh('key '), role: 'viewer', expiresIn: { hours: 1 } } }),
  'keys.list': plain,
  'keys.get': key(),
  'keys.change': key({ body: { role: 'operator' } }),
  'keys.rotate': key({ body: { overlap: { minutes: 1 } } }),
  'keys.revoke': key(),
} satisfies Record<string, Recipe>;
