import { compileUserSchema, type Violation } from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import type { Shape } from './shape.ts';

/** `returns` must be a JSON Schema, and `return` must give what it requires. */
export const checkReturns = (returns: unknown, given: unknown): Violation[] => {
  if (!isObject(returns)) return [];
  try {
    compileUserSchema(returns);
  } catch (error) {
    return [{ pointer: '/returns', detail: `is not a JSON Schema: ${(error as Error).message}` }];
  }
  if (given === undefined) return [{ pointer: '/return', detail: 'is required: `returns` says what it gives' }];
  const { required } = returns;
  if (!isObject(given) || !Array.isArray(required)) return [];
  return required
    .filter((name): name is string => typeof name === 'string' && !Object.hasOwn(given, name))
    .map((name) => ({ pointer: appendPointer('/return', name), detail: 'is required by `returns`' }));
};

/** What is known of the result of a workflow that declares `returns`: its fields, if there can be no others. */
export const returnsShape = (workflow: string, returns: object | undefined): Shape | undefined => {
  if (!isObject(returns)) return undefined;
  const { properties, additionalProperties } = returns;
  if (!isObject(properties) || additionalProperties !== false) return undefined;
  return {
    description: `the result of ${workflow}`,
    fields: Object.fromEntries(Object.keys(properties).map((name) => [name, undefined])),
  };
};
