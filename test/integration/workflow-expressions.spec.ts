import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform();
});
afterAll(() => platform?.close());

describe('an expression without end', () => {
  it('fails its step and nothing else: the step can be caught, and other runs go on', async () => {
    await platform.publish('endless', {
      do: [
        {
          forever: {
            set: '=($f := function($n) { $f($n + 1) }; $f(1))',
            catch: { errors: { type: 'expression.failed' }, do: [{ noted: { set: '=error.step' } }] },
          },
        },
      ],
      return: '=forever',
    });
    await platform.publish('honest', { do: [{ one: { set: 1 } }], return: '=one' });
    const endless = await platform.start('endless');
    const honest = await Promise.all(Array.from({ length: 10 }, () => platform.run('honest')));
    expect(honest.map(({ status }) => status)).toEqual(Array(10).fill('succeeded'));
    expect(await platform.ended(endless)).toMatchObject({ status: 'succeeded', result: 'forever' });
  });
});
