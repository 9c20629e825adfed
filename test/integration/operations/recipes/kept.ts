import { plain, type Recipe } from '../recipe.ts';

const file: Recipe = async (world) => ({ path: { id: (await world.file()).id } });

export const keptRecipes = {
  'files.upload': () => ({ query: { name: 'b.txt' }, content: { type: 'text/plain', data: 'some content' } }),
  'files.get': async (world) => ({ ...(await file(world)), headers: { range: 'bytes=0-3' }, status: 206 }),
  'files.info': file,
  'files.link': file,
  'files.delete': file,
  'files.public': async ({ platform, file: upload }) => {
    const { token } = await platform.client.files.link((await upload()).id);
    return { path: { token } };
  },
  'secrets.set': ({ fresh }) => ({ path: { name: fresh('secret') }, body: { value: 'something' } }),
  'secrets.list': plain,
  'secrets.remove': async ({ platform, fresh }) => {
    const name = fresh('secret');
    await platform.client.secrets.put(name, 'something');
    return { path: { name } };
  },
  'mailbox.list': async ({ mail }) => {
    await mail();
    return { query: { limit: '5' } };
  },
  'mailbox.get': async ({ mail }) => ({ path: { messageId: await mail() } }),
  'mailbox.clear': plain,
  'deadLetters.list': async ({ deadLetter }) => {
    await deadLetter();
    return { query: { limit: '5' } };
  },
  'deadLetters.get': async ({ deadLetter }) => ({ path: { id: await deadLetter() } }),
  'deadLetters.redrive': async ({ deadLetter }) => ({ path: { id: await deadLetter() } }),
  'deadLetters.redriveMany': async ({ deadLetter }) => {
    await deadLetter();
    return { body: { stream: 'NS_DISPATCH' } };
  },
} satisfies Record<string, Recipe>;
