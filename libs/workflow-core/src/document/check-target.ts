import { compileUserSchema, type Violation } from '@nightshift/contracts';
import { isObject } from './json-object.ts';
import type { Action } from '../steps/action.ts';
import type { KnownWorkflow, Place } from '../steps/step-kind.ts';
import { isExpressionText } from '../expressions/template.ts';
import { appendPointer } from './json-pointer.ts';
import { unknownWord } from './violation.ts';
import { isWrittenOut } from './written-out.ts';

/** The workflow that an action starts must exist and take the parameters that it is given. */
export const checkTarget = (action: Action, place: Place): Violation[] => {
  const violations = checkWorkflowName(action, 'workflow', place);
  const target = place.workflows.get(String(action['workflow']));
  return target ? [...violations, ...checkParameters(action, target, place.pointer)] : violations;
};

/** The action's `key`, if it is there, must be the name of a workflow, written out. */
export const checkWorkflowName = (action: Action, key: string, { pointer, workflows }: Place): Violation[] => {
  const name = action[key];
  if (typeof name !== 'string' || workflows.has(name)) return [];
  const at = appendPointer(pointer, key);
  if (isExpressionText(name)) return [{ pointer: at, detail: 'must be the name of a workflow, not an expression' }];
  return [unknownWord(at, `there is no workflow ${name}`, name, workflows.keys())];
};

interface ParametersSchema {
  properties?: Record<string, { default?: unknown } | boolean>;
  required?: string[];
  additionalProperties?: unknown;
}

const checkParameters = (action: Action, target: KnownWorkflow, pointer: string): Violation[] => {
  const given: unknown = action['parameters'] ?? {};
  const as: unknown = action['as'];
  if (!target.parameters || !isObject(given)) return [];
  const { properties = {}, required = [], additionalProperties } = target.parameters as ParametersSchema;
  const place = appendPointer(pointer, 'parameters');
  const violations: Violation[] = [];

  const checkKnown = (name: string, at: string): void => {
    if (additionalProperties !== false || Object.hasOwn(properties, name)) return;
    violations.push(unknownWord(at, `${target.name} has no parameter ${name}`, name, Object.keys(properties)));
  };
  for (const name of Object.keys(given)) checkKnown(name, appendPointer(place, name));
  if (typeof as === 'string') checkKnown(as, appendPointer(pointer, 'as'));

  for (const name of required) {
    const property = properties[name];
    const hasDefault = typeof property === 'object' && property.default !== undefined;
    if (!hasDefault && name !== as && !Object.hasOwn(given, name))
      violations.push({ pointer: appendPointer(place, name), detail: `is required by ${target.name}` });
  }
  if (violations.length > 0) return violations;
  return Object.entries(given).flatMap(([name, value]) =>
    checkWrittenOut(value, properties[name], appendPointer(place, name)),
  );
};

/** A value without expressions can be checked against the parameter's own schema now. References out of that schema are left to the run. */
const checkWrittenOut = (value: unknown, schema: object | boolean | undefined, pointer: string): Violation[] => {
  if (typeof schema !== 'object' || !isWrittenOut(value)) return [];
  try {
    const checked = compileUserSchema(schema)(structuredClone(value));
    return checked.ok
      ? []
      : checked.violations.map((violation) => ({ ...violation, pointer: pointer + violation.pointer }));
  } catch {
    return [];
  }
};
