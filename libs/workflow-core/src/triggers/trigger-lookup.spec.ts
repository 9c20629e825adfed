import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMet } from '../expressions/is-met.ts';
import { changeScope, type ChangeView } from './change-view.ts';
import { compileTriggers, matchTrigger, type CompiledTrigger } from './compile-triggers.ts';
import { makeTriggerLookup, type Watcher } from './trigger-lookup.ts';

const env = { now: new Date(0), random: () => 0, uuid: () => '' };
const kinds = ['created', 'changed', 'deleted'] as const;
const fields = ['a', 'b', 'c'];

const anyValue = fc.oneof(
  fc.constantFrom<unknown>('x', 'y', '', 0, 1, -2, true, false, null, undefined),
  fc.constantFrom<unknown>(['x'], ['x', 'y'], [], { a: 'x' }, { a: ['x'] }, [{ a: 'x' }, { a: 1 }]),
);
const anyThing = fc.tuple(anyValue, anyValue, anyValue).map((values) => {
  const thing: Record<string, unknown> = { id: '1' };
  values.forEach((value, index) => {
    if (value !== undefined) thing[fields[index]!] = value;
  });
  return thing as { id: string };
});
const anyChange: fc.Arbitrary<ChangeView> = fc
  .tuple(fc.constantFrom(...kinds), anyThing, anyThing, fc.array(fc.constantFrom(...fields)))
  .map(([kind, before, later, kept]) => {
    const now: Record<string, unknown> & { id: string } = { ...later };
    // Otherwise nearly everything would have changed.
    for (const field of kept) {
      if (Object.hasOwn(before, field)) now[field] = (before as Record<string, unknown>)[field];
      else delete now[field];
    }
    const differs = (field: string): boolean =>
      JSON.stringify((before as Record<string, unknown>)[field]) !== JSON.stringify(now[field]);
    return {
      type: 'user',
      kind,
      ...(kind !== 'created' && { before }),
      ...(kind !== 'deleted' && { now }),
      changedFields: kind === 'changed' ? fields.filter(differs) : [],
      origin: { depth: 0 },
    } as ChangeView;
  });

const anyPath = fc
  .tuple(fc.constantFrom('now', 'before'), fc.constantFrom('a', 'b', 'c', 'a.a', 'constructor', 'id'))
  .map((names) => names.join('.'));
const anyLiteral = fc.constantFrom("'x'", "'y'", "''", '0', '1', '-2', 'true', 'false', 'null', '[]', "['x']");
const anyPart = fc.oneof(
  fc.tuple(anyPath, fc.constantFrom('=', '!=', '<', '>='), anyLiteral).map((parts) => parts.join(' ')),
  fc.tuple(anyLiteral, fc.constantFrom('=', 'in'), anyPath).map((parts) => parts.join(' ')),
  fc
    .tuple(anyPath, fc.array(anyLiteral, { maxLength: 3 }))
    .map(([path, literals]) => `${path} in [${literals.join(', ')}]`),
  fc
    .tuple(fc.constantFrom('a', 'b', 'a.a'), fc.constantFrom('!=', '<', '>', '=', '<='))
    .map(([path, operator]) => `before.${path} ${operator} now.${path}`),
  fc.constantFrom(
    "'a' in changedFields",
    "'b' in changedFields",
    'changedFields',
    "kind = 'created'",
    "kind != 'deleted'",
  ),
  fc.constantFrom("kind in ['created', 'changed']", '$sum(now.a) > 0', '$not(before.b)', 'now.c', "now.a[0] = 'x'"),
);
const { condition: anyCondition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyPart,
    fc
      .tuple(tie('condition'), fc.constantFrom('and', 'and', 'or'), tie('condition'))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
  ),
}));

const compile = (when: string): Watcher => ({
  compiled: compileTriggers({ workflow: 'w', triggers: [{ change: 'user', when }], do: [] })[0]!,
});

/** What the condition says when it is simply evaluated. */
const evaluated = async ({ condition }: CompiledTrigger, change: ChangeView): Promise<boolean | 'fails'> => {
  try {
    return isMet(await condition!.evaluate(changeScope(change), env));
  } catch {
    return 'fails';
  }
};

const matched = async (compiled: CompiledTrigger, change: ChangeView): Promise<boolean | 'fails'> => {
  try {
    return (await matchTrigger(compiled, change, env)) === 'met';
  } catch {
    return 'fails';
  }
};

describe('the lookup of triggers', () => {
  it('leaves out only what is not met, and nothing else decides than the condition', async () => {
    let leftOut = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyCondition, { minLength: 1, maxLength: 12 }),
        anyChange,
        async (conditions, change) => {
          const watchers = conditions.map(compile);
          const lookup = makeTriggerLookup<Watcher>();
          for (const watcher of watchers) lookup.add(watcher);
          const candidates = lookup.candidates(change);
          const found = new Set(candidates);
          expect(found.size).toBe(candidates.length);
          for (const watcher of watchers) {
            const answer = await evaluated(watcher.compiled, change);
            const verdict = await matched(watcher.compiled, change);
            // A part that fails is not told of where another part rules the change out.
            if (found.has(watcher)) expect([answer, answer === 'fails' && false]).toContain(verdict);
            else {
              leftOut++;
              expect(answer).not.toBe(true);
              expect(verdict).toBe(false);
            }
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(leftOut).toBeGreaterThan(1000);
  }, 60_000);

  it('forgets what is taken out of it', () => {
    fc.assert(
      fc.property(fc.array(anyCondition, { maxLength: 12 }), anyCondition, anyChange, (others, condition, change) => {
        const lookup = makeTriggerLookup<Watcher>();
        const [kept, gone] = [others.map(compile), compile(condition)];
        for (const watcher of [...kept.slice(0, 5), gone, ...kept.slice(5)]) lookup.add(watcher);
        lookup.remove(gone);
        expect(lookup.candidates(change)).not.toContain(gone);
        expect(lookup.count('user', change.kind)).toBeLessThanOrEqual(kept.length);
        for (const watcher of kept) lookup.remove(watcher);
        expect(lookup.candidates(change)).toEqual([]);
        expect(lookup.count('user', change.kind)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["now.plan = 'pro'"],
    ["'pro' = now.plan"],
    ["now.plan in ['pro', 'max']"],
    ["(now.plan = 'pro' or now.plan = 'max') and now.name"],
    ['before.email != now.email'],
    ["'email' in changedFields or 'name' in changedFields"],
    ["kind = 'created'"],
    ['now.score > before.score'],
    ["$sum(now.items.price) > 10 and now.plan = 'pro'"],
  ])('leaves out %s for a change that cannot meet it', (when) => {
    const lookup = makeTriggerLookup<Watcher>();
    lookup.add(compile(when));
    const thing = { id: '1', plan: 'free', email: 'a', name: 'b', score: 1, other: 1 };
    const data = { type: 'user', kind: 'changed' as const, origin: { depth: 0 } };
    const change = { ...data, before: thing, now: { ...thing, other: 2 }, changedFields: ['other'] };
    expect(lookup.candidates(change)).toEqual([]);
  });
});
