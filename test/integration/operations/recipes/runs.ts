import type { Ask, Recipe } from '../recipe.ts';
import type { World } from '../world.ts';

const one =
  (run: (world: World) => Promise<string>, more: Ask = {}): Recipe =>
  async (world) => ({ ...more, path: { id: await run(world) } });

const many =
  (run: (world: World) => Promise<string>): Recipe =>
  async (world) => ({ body: { ids: [await run(world)] } });

const pausedRun = async (world: World): Promise<string> => {
  const id = await world.waitingRun();
  await world.platform.client.runs.pause(id);
  return id;
};

export const runRecipes = {
  'runs.start': () => ({ path: { name: 'does-nothing' }, query: { wait: '10s' }, body: { parameters: {} } }),
  'runs.search': () => ({ query: { workflow: 'does-nothing', limit: '5', 'parameter.name': 'Ada' } }),
  'runs.get': one(({ waitingRun }) => waitingRun()),
  'runs.events': one(({ failedRun }) => failedRun(), { query: { after: '0' } }),
  'runs.cancel': one(({ waitingRun }) => waitingRun(), { body: { reason: 'a walk' } }),
  'runs.pause': one(({ waitingRun }) => waitingRun()),
  'runs.resume': one(pausedRun, { body: {} }),
  'runs.retry': one(({ failedRun }) => failedRun()),
  'runs.replay': one(({ endedRun }) => endedRun()),
  'runs.cancelMany': many(({ waitingRun }) => waitingRun()),
  'runs.pauseMany': many(({ waitingRun }) => waitingRun()),
  'runs.resumeMany': many(pausedRun),
  'runs.retryMany': many(({ endedRun }) => endedRun()),
  'runs.replayMany': many(({ endedRun }) => endedRun()),
  'progress.get': one(({ waitingRun }) => waitingRun()),
  'progress.link': one(({ waitingRun }) => waitingRun(), { body: { expiresIn: { hours: 1 } } }),
  'progress.public': async ({ platform, waitingRun }) => {
    const { token } = await platform.client.progress.link(await waitingRun());
    return { path: { token } };
  },
  'chains.search': async ({ chain }) => {
    await chain();
    return { query: { workflow: 'goes-on' } };
  },
  'chains.get': one(({ chain }) => chain()),
  'chains.cancel': one(({ chain }) => chain()),
  'chains.pause': one(({ chain }) => chain()),
  'chains.resume': one(async ({ chain, platform }) => {
    const id = await chain();
    await platform.client.chains.pause(id);
    return id;
  }),
} satisfies Record<string, Recipe>;

export const scheduleRecipes = {
  'schedules.create': () => ({ path: { name: 'does-nothing' }, body: { in: { hours: 1 }, key: 'a-walk' } }),
  'schedules.search': async ({ schedule }) => {
    await schedule();
    return { query: { count: 'true', status: 'any' } };
  },
  'schedules.get': one(({ schedule }) => schedule()),
  'schedules.move': one(({ schedule }) => schedule(), { body: { by: { hours: 1 } } }),
  'schedules.cancel': one(({ schedule }) => schedule()),
  'schedules.cancelMany': many(({ schedule }) => schedule()),
  'schedules.pauseMany': many(({ schedule }) => schedule()),
  'schedules.resumeMany': many(async ({ schedule, platform }) => {
    const id = await schedule();
    await platform.client.schedules.pauseMany({ ids: [id] });
    return id;
  }),
  'schedules.moveMany': async ({ schedule }) => ({ body: { ids: [await schedule()], by: { hours: 1 } } }),
  'recurrences.put': ({ fresh }) => ({
    path: { name: 'does-nothing', key: fresh('key') },
    body: { calendar: { frequency: 'daily', at: '09:00' }, timeZone: 'Europe/Berlin' },
  }),
  ...Object.fromEntries(
    ['get', 'remove', 'pause', 'resume', 'occurrences'].map((action): [string, Recipe] => [
      `recurrences.${action}`,
      async ({ recurrence }) => ({ path: { name: 'does-nothing', key: await recurrence() } }),
    ]),
  ),
  'recurrences.search': async ({ recurrence }) => {
    await recurrence();
    return { query: { limit: '5' } };
  },
  'recurrences.preview': () => ({ body: { spec: { cron: '0 9 * * *' }, count: 3 } }),
} satisfies Record<string, Recipe>;
