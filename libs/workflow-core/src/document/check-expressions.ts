import type { Violation } from '@nightshift/contracts';
import type { PlacedExpression } from '../expressions/template.ts';
import { knownFunctions } from '../expressions/known-functions.ts';
import type { Shape } from './shape.ts';
import { whyNotDone, type StepPlaces } from './step-places.ts';
import { unknownWord } from './violation.ts';

/** The names that an expression may use, with what is known of their values; a `Map`, since users choose names. */
export type NamesInScope = ReadonlyMap<string, Shape | undefined>;

/**
 * The names that expressions use must be in scope, their fields must exist where the value's shape is known, and so must their functions.
 * @param steps all steps of the document: a name may be missing although there is such a step
 */
export const checkExpressions = (
  expressions: readonly PlacedExpression[],
  names: NamesInScope,
  steps: StepPlaces = new Map(),
): Violation[] =>
  expressions.flatMap((placed) => [...checkReferences(placed, names, steps), ...checkVariables(placed)]);

const checkReferences = (
  { pointer, expression }: PlacedExpression,
  names: NamesInScope,
  steps: StepPlaces,
): Violation[] =>
  expression.references.flatMap(({ name, path, position }) => {
    const at = placeOf(name, position, expression.source);
    if (name === 'secrets') return checkSecret(names.has(name), path, pointer, at);
    if (!names.has(name)) {
      const step = steps.get(name);
      if (step)
        return [{ pointer, detail: `the step ${name} is not done at this place ${at}: ${whyNotDone(step, pointer)}` }];
      return [unknownWord(pointer, `${name} is not in scope ${at}`, name, names.keys())];
    }
    const violation = checkPath(names.get(name), path, pointer, at);
    return violation ? [violation] : [];
  });

const checkSecret = (isInScope: boolean, path: readonly string[], pointer: string, at: string): Violation[] => {
  if (!isInScope) return [{ pointer, detail: `secrets may be used only in http and email ${at}` }];
  return path.length > 0 ? [] : [{ pointer, detail: `a secret must be named, as in secrets.apiKey ${at}` }];
};

const checkPath = (
  start: Shape | undefined,
  path: readonly string[],
  pointer: string,
  at: string,
): Violation | undefined => {
  let shape = start;
  for (const field of path) {
    if (!shape) return undefined;
    if (!Object.hasOwn(shape.fields, field))
      return unknownWord(pointer, `${shape.description} has no field ${field} ${at}`, field, Object.keys(shape.fields));
    shape = shape.fields[field];
  }
  return undefined;
};

const checkVariables = ({ pointer, expression }: PlacedExpression): Violation[] =>
  expression.variables
    .filter(({ name }) => !knownFunctions.has(name) && !expression.bound.has(name))
    .map(({ name, position }) => {
      const known = [...knownFunctions, ...expression.bound].map((word) => `$${word}`);
      return unknownWord(
        pointer,
        `$${name} is not known ${placeOf(`$${name}`, position, expression.source)}`,
        `$${name}`,
        known,
      );
    });

/** JSONata tells where a name ends; people look for where it begins. */
const placeOf = (name: string, end: number, source: string): string =>
  `(at character ${source.slice(0, end).lastIndexOf(name) + 1})`;
