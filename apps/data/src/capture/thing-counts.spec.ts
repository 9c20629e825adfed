import { expect, it } from 'vitest';
import { hashThing, hashType, makeThingCounts } from './thing-counts.ts';

const hash = (type: string, id: string) => hashThing(hashType(type), Buffer.from(id), 0, Buffer.byteLength(id));

it('tells things of a hundred thousand apart, and where each was changed first', () => {
  const counts = makeThingCounts();
  const things = 100_000;
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < things; n++) counts.add(hash(n % 2 === 0 ? 'even' : 'odd', `id-${n}`), n);
    for (let n = 0; n < things; n += 10) counts.add(hash(n % 2 === 0 ? 'even' : 'odd', `id-${n}`), things + n);
    for (let n = 0; n < things; n++) {
      const taken = counts.take(hash(n % 2 === 0 ? 'even' : 'odd', `id-${n}`));
      expect(taken).toEqual(n % 10 === 0 ? { left: 1, first: n } : undefined);
    }
    expect(counts.take(hash('even', 'id-10'))).toEqual({ left: 0, first: 10 });
    expect(counts.take(hash('odd', 'id-10'))).toBeUndefined();
    counts.clear();
  }
});
