import { Failure } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import type { StoredType } from './stored-type.ts';
import { makeTypeCatalog } from './type-catalog.ts';

const typeNamed = (name: string): StoredType => ({ name }) as StoredType;

it('knows a type that another replica declared right after the last reading', async () => {
  const declared = [typeNamed('user')];
  const catalog = makeTypeCatalog(() => Promise.resolve([...declared]));
  await catalog.find('user');
  declared.push(typeNamed('order'));
  expect((await catalog.find('order')).name).toBe('order');
});

it('lists the types as they are now, not as they were read', async () => {
  const declared = [typeNamed('user')];
  const catalog = makeTypeCatalog(() => Promise.resolve([...declared]));
  await catalog.all();
  declared.push(typeNamed('order'));
  expect((await catalog.all()).map((type) => type.name)).toEqual(['user', 'order']);
});

it('reads once for a flood of wrong names', async () => {
  let readings = 0;
  const catalog = makeTypeCatalog(() => Promise.resolve((readings++, [typeNamed('user')])));
  await catalog.find('user');
  const wrong = Array.from({ length: 100 }, (_, n) => catalog.find(`wrong${n}`).catch((error: unknown) => error));
  for (const error of await Promise.all(wrong)) expect(error).toBeInstanceOf(Failure);
  expect(readings).toBeLessThanOrEqual(3);
});
