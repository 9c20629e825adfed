import { expect, it } from 'vitest';
import { makeTransactionStore, type TransactionStore } from './transaction-store.ts';

const text = ({ bytes, start, end }: { bytes: Buffer; start: number; end: number }): string =>
  bytes.toString('utf8', start, end);
const add = (store: TransactionStore, body: string): number => {
  const bytes = Buffer.from(`..${body}.`);
  return store.add(bytes, 2, bytes.length - 1);
};

it.each([
  ['memory', 32 * 1024 * 1024],
  ['a file', 300_000],
])('gives back what it was given, from %s, in order and by place, again and again', (_where, memoryBytes) => {
  const store = makeTransactionStore(memoryBytes);
  for (let round = 0; round < 2; round++) {
    const bodies = Array.from({ length: 3_000 }, (_, index) => `${round} ${index} ${'x'.repeat(index)}`);
    bodies.push('y'.repeat(3_000_000), '', 'last');
    const places = bodies.map((body) => add(store, body));
    bodies.forEach((body, index) => {
      const next = store.next()!;
      expect(next.place).toBe(places[index]);
      expect(text(next) === body).toBe(true);
      const other = (index * 7) % bodies.length;
      expect(text(store.at(places[other]!)) === bodies[other]).toBe(true);
      // What was lent is still there after looking elsewhere.
      expect(text(next) === body).toBe(true);
    });
    expect(store.next()).toBeUndefined();
    store.clear();
    expect(store.size).toBe(0);
  }
});
