import { describe, expect, it } from 'vitest';
import { readParameters } from './read-parameters.ts';

const io = { stdin: process.stdin, cwd: '/' };
const read = (...p: string[]) => readParameters({ p }, io);

describe('parameters', () => {
  it.each([
    ['total=10', { total: 10 }],
    ['isBig=true', { isBig: true }],
    ['name=Ada', { name: 'Ada' }],
    ['zip=01234', { zip: '01234' }],
    ['zip="10115"', { zip: '10115' }],
    ['of={"a":[1]}', { of: { a: [1] } }],
    ['sum=a=b', { sum: 'a=b' }],
    ['empty=', { empty: '' }],
    ['user.address.city=Ulm', { user: { address: { city: 'Ulm' } } }],
  ])('%s', async (pair, parameters) => {
    expect(await read(pair)).toEqual(parameters);
  });

  it('add up, the last one winning', async () => {
    expect(await read('a.b=1', 'a.c=2', 'a.b=3')).toEqual({ a: { b: 3, c: 2 } });
    expect(await read('a=1', 'a.b=2')).toEqual({ a: { b: 2 } });
  });

  it('cannot reach what all objects share', async () => {
    const given = await read('__proto__.polluted=1', 'constructor.prototype.polluted=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(given)).toEqual(['__proto__', 'constructor']);
  });

  it.each(['name', '=1', ''])('refuses %j', async (pair) => {
    await expect(read(pair)).rejects.toMatchObject({ exitCode: 2, advice: 'Write it as key=value.' });
  });
});
