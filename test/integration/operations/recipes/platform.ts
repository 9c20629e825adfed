import { waitFor } from '@nightshift/testing';
import { plain, type Recipe } from '../recipe.ts';
import { signed } from './signed.ts';

const call = (kind: '' | 'Draft', below: '' | 'Below'): Record<string, Recipe> =>
  Object.fromEntries(
    ['get', 'post', 'put', 'patch', 'delete'].map((method): [string, Recipe] => [
      `endpoints.call${kind}${below}.${method}`,
      async ({ platform, fresh }) => {
        const name = fresh('any-way-');
        const path = below && { path: '/{which}' };
        const expose = { auth: 'none', methods: [method.toUpperCase()], ...path };
        const parameters = { type: 'object', properties: { which: { type: 'integer' } } };
        await platform.publish(name, { parameters, expose, do: [{ nothing: { set: 1 } }], return: 1 });
        return { path: { name, rest: 17 } };
      },
    ]),
  );

const sampled: Recipe = async ({ platform, fresh }) => {
  const name = fresh('sampled-');
  await platform.client.endpoints.detect(name, { id: 1 });
  return { path: { name } };
};

export const platformRecipes = {
  'platform.openapi': plain,
  'platform.docs': plain,
  'platform.docsAsset': () => ({ path: { asset: 'swagger-ui.css' } }),
  // Public, for it answers to all who prove who they are.
  'platform.whoami': ({ keys }) => ({ headers: { authorization: `Bearer ${keys.viewer}` } }),
  'platform.health': plain,
  'platform.readiness': plain,
  'platform.metrics': plain,
  'audit.search': async ({ platform, fresh }) => {
    await platform.client.secrets.put(fresh('audited'), 'something');
    return { query: { operation: 'secrets.set', limit: '5' } };
  },
  ...call('', ''),
  ...call('', 'Below'),
  ...call('Draft', ''),
  ...call('Draft', 'Below'),
  'endpoints.answer': async ({ platform }) => {
    const { answerUrl } = await platform.client.wf('greet', { name: 'Ada' }, { prefer: 'respond-async' });
    await waitFor(async () => (await fetch(platform.url + answerUrl!)).status === 200);
    return { path: { token: answerUrl!.split('/').at(-1)! } };
  },
  'endpoints.detect': ({ fresh }) => ({
    path: { name: fresh('sampled-') },
    query: { headers: 'true', page: '2' },
    body: { id: 1, mail: 'ada@example.com' },
  }),
  'endpoints.detected': sampled,
  'endpoints.forgetSamples': sampled,
  // The exposed workflows of the world.
  'wf.greet.get': () => ({ query: { name: 'Ada', times: '2' } }),
  'wf.greet.post': () => ({ body: { name: 'Ada' } }),
  ...Object.fromEntries(
    ['get', 'head', 'put'].map((method): [string, Recipe] => [
      `wf.greet-at-home.${method}`,
      () => ({
        path: { house: 7 },
        headers: { 'x-door': 'red' },
        ...(method === 'put' ? { body: { loud: true } } : { query: { loud: 'true' } }),
      }),
    ]),
  ),
  'wf.greet-later.post': plain,
  'wf.greet-elsewhere.post': () => ({ body: ['Ada', 'Bob'], status: 302 }),
  'wf.greet-signed.post': ({ fresh }) => ({ ...signed(fresh, { name: 'Ada' }), status: 201 }),
  'wf.greet-users.post': plain,
  'wf.greet-admins.post': plain,
} satisfies Record<string, Recipe>;
