import type { Json } from '@nightshift/contracts';
import fc from 'fast-check';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { failing, failingForGood, giving, startAt, type Answer } from './virtual-run.fixture.ts';

type Body = Record<string, Json>;

/** A step without a name yet; `inside` puts the names of its steps into its action. */
interface Shape {
  body: Body;
  /** Lists of steps, by their place in the body. */
  lists: { at: readonly string[]; steps: Shape[] }[];
}

const leaf = (body: Body): Shape => ({ body, lists: [] });
const block = (body: Body, ...lists: [at: string, steps: Shape[]][]): Shape => ({
  body,
  lists: lists.map(([at, steps]) => ({ at: at.split('/'), steps })),
});
const http = { http: { url: 'https://a.b' } };

const plainLeaf = fc.constantFrom<Shape>(
  leaf({ set: '=run.id' }),
  leaf({ set: 1, if: '1 = 2' }),
  leaf({ log: 'hello' }),
  leaf(http),
  leaf(http),
);
const anyLeaf = fc.oneof(
  plainLeaf,
  fc.constantFrom<Shape>(
    leaf({ wait: 'PT2S' }),
    leaf({ wait: 'PT20S', timeout: 'PT10S' }),
    leaf({ call: { workflow: 'child' } }),
    leaf({ waitFor: { event: 'a.b', key: 'k' }, timeout: 'PT5S' }),
    leaf({ ...http, timeout: 'PT10S' }),
    leaf({ ...http, retry: { delay: 'PT1S', limit: { attempts: 2 } } }),
  ),
);

const blockOf = (steps: fc.Arbitrary<Shape[]>, few: fc.Arbitrary<Shape[]>): fc.Arbitrary<Shape> =>
  fc.oneof(
    steps.map((inner) => block({ do: [] }, ['do', inner])),
    fc
      .tuple(fc.constantFrom<Body>({ in: [1, 2] }, { while: 'index < 2' }, { in: [] }), steps)
      .map(([loop, inner]) => block({ for: { ...loop, do: [] } }, ['for/do', inner])),
    fc
      .tuple(fc.constantFrom('1 = 1', '1 = 2'), steps, steps)
      .map(([when, first, second]) =>
        block(
          { switch: [{ a: { when, do: [] } }, { b: { do: [] } }] },
          ['switch/0/a/do', first],
          ['switch/1/b/do', second],
        ),
      ),
    fc
      .tuple(fc.boolean(), steps, steps)
      .map(([compete, first, second]) =>
        block(
          { fork: { compete, branches: { a: [], b: [] } } },
          ['fork/branches/a', first],
          ['fork/branches/b', second],
        ),
      ),
    steps.map((inner) => block({ lock: { name: 'l', do: [] } }, ['lock/do', inner])),
    few.map((inner) => block({ transaction: [] }, ['transaction', inner])),
    fc.tuple(steps, few, fc.boolean()).map(([inner, instead, triesAgain]) =>
      block(
        {
          try: [],
          catch: { do: [], ...(triesAgain && { retry: { delay: 'PT3S', limit: { attempts: 2 } } }) },
        },
        ['try', inner],
        ['catch/do', instead],
      ),
    ),
  );

const withOptions = (shape: fc.Arbitrary<Shape>, few: fc.Arbitrary<Shape[]>): fc.Arbitrary<Shape> =>
  fc
    .tuple(
      shape,
      fc.option(fc.constant({ retry: { delay: 'PT1S', limit: { attempts: 2 } } }), { freq: 3 }),
      fc.option(fc.constant({ timeout: 'PT30S' }), { freq: 4 }),
      fc.option(few, { freq: 2 }),
    )
    .map(([{ body, lists }, retry, timeout, undoing]) => {
      const hasUndoing = undoing && !('catch' in body);
      return {
        body: { ...retry, ...timeout, ...body, ...(hasUndoing && { compensate: [] }) },
        lists: hasUndoing ? [...lists, { at: ['compensate'], steps: undoing }] : lists,
      };
    });

const onlyPure = fc.array(
  fc.constantFrom<Shape>(leaf({ set: 1 }), leaf({ set: 2, if: '1 = 2' }), leaf({ get: { type: 'thing', id: 'x' } })),
  { minLength: 1, maxLength: 2 },
);

const anySteps = (depth: number): fc.Arbitrary<Shape[]> => {
  const undoing = fc.array(plainLeaf, { minLength: 1, maxLength: 2 });
  const one =
    depth === 0
      ? anyLeaf
      : fc.oneof({ weight: 2, arbitrary: anyLeaf }, { weight: 3, arbitrary: blockOf(anySteps(depth - 1), onlyPure) });
  return fc.array(withOptions(one, undoing), { minLength: 1, maxLength: 3 });
};

/** Names steps in the order in which they stand, and puts them where they belong. */
const named = (shapes: readonly Shape[], next: () => string): Json[] =>
  shapes.map(({ body, lists }) => {
    const name = next();
    const whole = structuredClone(body);
    for (const { at, steps } of lists) {
      const place = at
        .slice(0, -1)
        .reduce<Record<string, Json>>((part, key) => part[key] as Record<string, Json>, whole);
      place[at.at(-1)!] = named(steps, next);
    }
    return { [name]: whole };
  });

/** A right document of nested constructs, whose steps are called `s1`, `s2` and so on. */
export const anyWorkflow: fc.Arbitrary<WorkflowDocument> = fc
  .tuple(anySteps(2), fc.option(fc.constant('PT2M'), { freq: 5 }))
  .map(([shapes, timeout]) => {
    let count = 0;
    return {
      workflow: 'w',
      ...(timeout !== null && { timeout }),
      do: named(shapes, () => `s${++count}`),
    } as unknown as WorkflowDocument;
  });

/** Answers by chance, but the same to the same attempt: one in so many fails, takes long, or finds the lock taken. */
export const answersBy =
  (seed: number, oneIn: number) =>
  (step: string, iteration: string, attempt: number): Answer | undefined => {
    const chance = hash(`${seed}/${step}/${iteration}/${attempt}`);
    switch (chance % oneIn) {
      case 0:
        return failing();
      case 1:
        return failingForGood();
      case 2:
        return { ...giving('late'), tookMs: 15_000 };
      default:
        return undefined;
    }
  };

/** When the lock of a step that asks for one is free. */
export const lockedBy =
  (seed: number) =>
  (step: string, iteration: string, attempt: number): Answer | undefined =>
    hash(`${seed}/${step}/${iteration}/${attempt}`) % 3 === 0
      ? { kind: 'locked', lock: 'l', until: new Date(Date.parse(startAt) + 12_000).toISOString() }
      : undefined;

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
};
