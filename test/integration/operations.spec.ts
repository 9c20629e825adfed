import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipes } from './operations/recipes.ts';
import { readDocument, type ServedDocument, type ServedOperation } from './operations/served-document.ts';
import { ask, rolesBelow, wrongAsks } from './operations/walk.ts';
import { openWorld, type World } from './operations/world.ts';

let world: World;
let document: ServedDocument;

beforeAll(async () => {
  world = await openWorld();
  const response = await fetch(`${world.platform.url}/openapi.json`, {
    headers: { authorization: `Bearer ${world.keys.viewer}` },
  });
  document = readDocument((await response.json()) as Record<string, unknown>);
});
afterAll(() => world?.close());

/** What is found wrong with any operation, so that one walk names all of it. */
const walk = async (look: (operation: ServedOperation) => Promise<(string | undefined)[]>): Promise<string[]> => {
  const found: string[] = [];
  for (const operation of document.operations)
    for (const wrong of await look(operation)) if (wrong !== undefined) found.push(`${operation.id}: ${wrong}`);
  return found;
};

const keyOf = ({ role }: ServedOperation): string | undefined => (role === 'public' ? undefined : world.keys[role]);

describe('every operation of the served document', () => {
  it('is described in valid OpenAPI, with an id of its own and references that lead somewhere', async () => {
    expect(await new Validator().validate(structuredClone(document.json))).toMatchObject({ valid: true });
    const ids = document.operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.danglingRefs()).toEqual([]);
  });

  it('has a recipe for the walk, and no recipe is of none', () => {
    expect(document.operations.map(({ id }) => id).sort()).toEqual(Object.keys(recipes).sort());
  });

  it('is refused to whoever shows no credentials, unless it is public', async () => {
    const wrong = await walk(async (operation) => {
      if (operation.role === 'public') return [];
      const answer = await ask(world, operation, {});
      return [
        answer.code === 'auth.missing_key' ? undefined : `${answer.status} ${answer.text}`,
        document.wrongWith(operation, answer),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('is refused with each role below the one that it needs', async () => {
    const wrong = await walk((operation) =>
      Promise.all(
        rolesBelow(operation.role).map(async (role) => {
          const answer = await ask(world, operation, {}, world.keys[role]);
          if (answer.code !== 'auth.forbidden') return `as ${role}: ${answer.status} ${answer.text}`;
          return document.wrongWith(operation, answer);
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('does with that role what is written, and answers as is written', { timeout: 120_000 }, async () => {
    const wrong = await walk(async (operation) => {
      const asked = await recipes[operation.id]!(world);
      const answer = await ask(world, operation, asked, keyOf(operation));
      const expected = asked.status ?? operation.successes[0];
      return [
        answer.status === expected
          ? undefined
          : `${answer.status} in place of ${expected}: ${answer.text.slice(0, 500)}`,
        document.wrongWith(operation, answer),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('refuses what does not fit, with a problem that is written', { timeout: 120_000 }, async () => {
    const wrong = await walk(async (operation) => {
      const right = await recipes[operation.id]!(world);
      return Promise.all(
        wrongAsks(operation, right).map(async ([what, asked]) => {
          const answer = await ask(world, operation, asked, keyOf(operation));
          if (answer.status < 400 || answer.status >= 500)
            return `${what}: ${answer.status} ${answer.text.slice(0, 300)}`;
          const misfit = document.wrongWith(operation, answer);
          return misfit && `${what}: ${misfit}`;
        }),
      );
    });
    expect(wrong).toEqual([]);
  });
});
