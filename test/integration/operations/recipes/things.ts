import { plain, type Recipe } from '../recipe.ts';

const type = 'notes';

const note: Recipe = async (world) => ({ path: { type, id: await world.note() } });

const ofImport: Recipe = async (world) => ({ path: { id: await world.import() } });

export const thingRecipes = {
  'types.list': plain,
  'types.declare': ({ fresh }) => ({ path: { type: fresh('boxes') }, body: { fields: { label: { kind: 'text' } } } }),
  'types.delete': async (world) => ({ path: { type: await world.type() }, query: { dryRun: 'true' } }),
  'types.privacy': () => ({ path: { type } }),
  'types.setPrivacy': async (world) => ({
    path: { type: await world.type() },
    body: { rules: [{ name: 'all see all', find: true, see: 'all' }] },
  }),
  'changes.gaps': plain,
  'things.create': () => ({ path: { type }, body: { title: 'One', pages: 1 } }),
  'things.search': async (world) => {
    await world.note();
    return { path: { type }, body: { count: true, aggregates: { pages: { sum: 'pages' } }, limit: 2 } };
  },
  'things.get': note,
  'things.change': async (world) => ({ ...(await note(world)), headers: { 'if-match': '*' }, body: { pages: 2 } }),
  'things.delete': note,
  'things.changeMany': async ({ note: make }) => ({
    path: { type },
    body: { ids: [await make()], fields: { pages: 3 } },
  }),
  'things.deleteMany': async ({ note: make }) => ({ path: { type }, body: { ids: [await make()] } }),
  'things.copyMany': async ({ note: make }) => ({ path: { type }, body: { ids: [await make()] } }),
  'things.export': () => ({ path: { type }, body: { format: 'csv' } }),
  'things.import': () => ({
    path: { type },
    query: { dryRun: 'true' },
    content: { type: 'application/x-ndjson', data: '{"title":"One"}\n{"title":"Two","pages":"many"}\n' },
  }),
  'imports.search': async (world) => {
    await world.import();
    return { query: { type } };
  },
  'imports.get': ofImport,
  'imports.errors': ofImport,
  'imports.errorsCsv': ofImport,
} satisfies Record<string, Recipe>;
