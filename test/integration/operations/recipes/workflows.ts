import { plain, type Recipe } from '../recipe.ts';

const name = 'does-nothing';
const document = { do: [{ nothing: { set: 1 } }] };

/** A workflow of its own with two published versions. */
const ofItsOwn: Recipe = async ({ platform, fresh }) => {
  const own = fresh('walked-');
  for (const title of ['The first', 'The second']) await platform.publish(own, { ...document, title });
  return { path: { name: own } };
};

export const workflowRecipes = {
  'workflows.save': ({ fresh }) => {
    const own = fresh('walked-');
    return { path: { name: own }, body: { workflow: own, ...document } };
  },
  'workflows.publish': ofItsOwn,
  'workflows.rollback': ofItsOwn,
  'workflows.check': async (world) => {
    await world.endedRun();
    return { path: { name }, body: { workflow: name, ...document } };
  },
  'workflows.list': plain,
  'workflows.get': () => ({ path: { name } }),
  'workflows.versions': () => ({ path: { name } }),
  'workflows.version': () => ({ path: { name, version: 1 } }),
  'flows.get': () => ({ path: { name } }),
  'flows.list': async ({ platform }) => {
    await platform.client.flows.put('waits', { concurrency: { limit: 1000 } });
    return {};
  },
  'flows.set': () => ({ path: { name: 'waits' }, body: { concurrency: { limit: 1000 } } }),
  'flows.remove': () => ({ path: { name: 'waits' } }),
  'flows.pause': async (world) => ({ ...(await ofItsOwn(world)), body: { reason: 'a walk' } }),
  'flows.resume': async (world) => {
    const asked = await ofItsOwn(world);
    await world.platform.client.flows.pause(String(asked.path!['name']));
    return asked;
  },
  'flows.holds': plain,
  // Both are taken back at once, by each other: nothing else of the walk starts meanwhile.
  'flows.pauseAll': plain,
  'flows.resumeAll': plain,
  'evaluations.list': () => ({ path: { name }, query: { limit: '10' } }),
  'evaluations.record': () => ({ path: { name }, body: { for: { hours: 1 } } }),
  'evaluations.stop': () => ({ path: { name } }),
} satisfies Record<string, Recipe>;
