import { plain, type Recipe } from '../recipe.ts';

const call = (draft: boolean): Record<string, Recipe> =>
  Object.fromEntries(
    ['get', 'post', 'put', 'patch', 'delete'].map((method): [string, Recipe] => [
      `endpoints.call${draft ? 'Draft' : ''}.${method}`,
      async ({ platform, fresh }) => {
        const name = fresh('any-way-');
        const expose = { auth: 'none', methods: [method.toUpperCase()] };
        await platform.publish(name, { expose, do: [{ nothing: { set: 1 } }], return: 1 });
        return { path: { name } };
      },
    ]),
  );

export const platformRecipes = {
  'platform.openapi': plain,
  'platform.docs': plain,
  'platform.docsAsset': () => ({ path: { asset: 'swagger-ui.css' } }),
  'platform.health': plain,
  'platform.readiness': plain,
  'platform.metrics': plain,
  ...call(false),
  ...call(true),
  // The exposed workflows of the world.
  'wf.greet.get': () => ({ query: { name: 'Ada', times: '2' } }),
  'wf.greet.post': () => ({ body: { name: 'Ada' } }),
  'wf.greet-users.post': plain,
  'wf.greet-admins.post': plain,
} satisfies Record<string, Recipe>;
