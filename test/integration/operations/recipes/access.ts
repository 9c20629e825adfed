import { plain, type Ask, type Recipe } from '../recipe.ts';

const key =
  (more: Ask = {}): Recipe =>
  async ({ platform, fresh }) => {
    const { id } = await platform.client.keys.create({ name: fresh('key '), role: 'viewer' });
    return { ...more, path: { id } };
  };

const issuer = { issuer: 'https://login.example.com', audience: 'walk' };

const named: Recipe = async ({ platform, fresh }) => {
  const name = fresh('issuer-');
  await platform.client.issuers.put(name, { ...issuer, issuer: `${issuer.issuer}/${name}` });
  return { path: { name } };
};

export const accessRecipes = {
  'keys.create': ({ fresh }) => ({ body: { name: fresh('key '), role: 'viewer', expiresIn: { hours: 1 } } }),
  'keys.list': plain,
  'keys.get': key(),
  'keys.change': key({ body: { role: 'operator' } }),
  'keys.rotate': key({ body: { overlap: { minutes: 1 } } }),
  'keys.revoke': key(),
  'issuers.put': ({ fresh }) => ({ path: { name: fresh('issuer-') }, body: issuer }),
  'issuers.list': plain,
  'issuers.get': named,
  'issuers.remove': named,
} satisfies Record<string, Recipe>;
