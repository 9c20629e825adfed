import { describe, expect, it } from 'vitest';
import { makeBacklogBudget } from './backlog-budget.ts';

describe('what may wait for slow readers together', () => {
  it('is kept by cutting off whoever is furthest behind', () => {
    const budget = makeBacklogBudget(100);
    const cut: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => budget.open(() => void cut.push(name)));
    a!.set(40);
    b!.set(50);
    c!.set(10);
    expect(cut).toEqual([]);
    c!.set(20);
    expect(cut).toEqual(['b']);
    expect(budget.bytes).toBe(60);
    a!.set(0);
    c!.release();
    expect(budget.bytes).toBe(0);
    c!.set(101);
    expect(cut).toEqual(['b', 'c']);
  });
});
