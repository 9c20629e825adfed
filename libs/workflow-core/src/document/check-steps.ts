import { IDENTIFIER_PATTERN, NAME_MAX_LENGTH, type Json, type Violation } from '@nightshift/contracts';
import { compileTemplate } from '../expressions/template.ts';
import { isObject } from './json-object.ts';
import { isStepKindName, stepKindNames, stepKinds, type StepKindName } from '../steps/registry.ts';
import { RetrySchema } from '../steps/retry.ts';
import type { Place, StepKind } from '../steps/step-kind.ts';
import { checkCondition } from './check-condition.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import { checkSchema } from './check-schema.ts';
import { stepOptions } from './document-schema.ts';
import { appendPointer } from './json-pointer.ts';
import { expressionWords, scopeNames, type Shape } from './shape.ts';
import { unknownWord } from './violation.ts';

const identifier = new RegExp(IDENTIFIER_PATTERN);

export interface CheckedSteps {
  violations: Violation[];
  /** What is in scope after the last step. */
  names: NamesInScope;
}

/** Checks `do`. Each step sees the results of those before it. */
export const checkSteps = (steps: unknown, names: NamesInScope, context: Omit<Place, 'pointer'>): CheckedSteps => {
  const pointer = '/do';
  if (!Array.isArray(steps))
    return {
      names,
      violations: [{ pointer, detail: steps === undefined ? 'is required' : 'must be a list of steps' }],
    };
  if (steps.length === 0) return { names, violations: [{ pointer, detail: 'must have at least one step' }] };

  const inScope = new Map(names);
  const later = new Set(steps.flatMap((entry) => (isObject(entry) ? Object.keys(entry) : [])));
  const seen = new Set<string>();
  const violations: Violation[] = [];

  steps.forEach((entry: unknown, index) => {
    const place = appendPointer(pointer, index);
    const keys = isObject(entry) ? Object.keys(entry) : [];
    const [name] = keys;
    if (!isObject(entry) || name === undefined || keys.length > 1) {
      violations.push({ pointer: place, detail: severalKeys(keys) });
      return;
    }
    const at = appendPointer(place, name);
    violations.push(...checkName(name, at, seen));
    seen.add(name);
    const { violations: found, shape } = checkStep(entry[name], { ...context, pointer: at }, inScope, later);
    violations.push(...found);
    if (!names.has(name)) inScope.set(name, shape);
  });
  return { violations, names: inScope };
};

const severalKeys = (keys: readonly string[]): string =>
  keys.length > 1
    ? `must have one key, the step's name, but has ${keys.join(', ')}`
    : "must be an object with one key, the step's name";

const checkName = (name: string, pointer: string, seen: ReadonlySet<string>): Violation[] => {
  if (seen.has(name)) return [{ pointer, detail: `there is a step ${name} already` }];
  if ((scopeNames as readonly string[]).includes(name))
    return [{ pointer, detail: `${name} has a meaning of its own in expressions and cannot be a step's name` }];
  if ((expressionWords as readonly string[]).includes(name))
    return [{ pointer, detail: `${name} is a word of the expression language and cannot be a step's name` }];
  if (!identifier.test(name) || name.length > NAME_MAX_LENGTH)
    return [
      {
        pointer,
        detail: `a step's name must be a letter and then letters, digits or underscores, at most ${NAME_MAX_LENGTH}`,
      },
    ];
  return [];
};

const checkStep = (
  body: unknown,
  place: Place,
  names: NamesInScope,
  later: ReadonlySet<string>,
): { violations: Violation[]; shape: Shape | undefined } => {
  const { pointer } = place;
  if (!isObject(body))
    return {
      violations: [{ pointer, detail: `must be an object with an action: ${stepKindNames.join(', ')}` }],
      shape: undefined,
    };

  const violations: Violation[] = [];
  const actions = Object.keys(body).filter(isStepKindName);
  for (const key of Object.keys(body)) {
    if (isStepKindName(key) || Object.hasOwn(stepOptions, key)) continue;
    const known = [...stepKindNames, ...Object.keys(stepOptions)];
    violations.push(
      unknownWord(appendPointer(pointer, key), `${key} is neither an action nor an option of a step`, key, known),
    );
  }
  if (actions.length === 0 && violations.length === 0)
    violations.push({ pointer, detail: `needs an action: one of ${stepKindNames.join(', ')}` });
  if (actions.length > 1) violations.push({ pointer, detail: `may have one action, but has ${actions.join(', ')}` });

  if (body['if'] !== undefined)
    violations.push(...checkCondition(body['if'], appendPointer(pointer, 'if'), names, later));
  if (body['retry'] !== undefined)
    violations.push(...checkSchema(RetrySchema, body['retry'], appendPointer(pointer, 'retry')));

  let shape: Shape | undefined;
  for (const kind of actions) {
    const checked = checkAction(
      kind,
      body[kind] as Json,
      { ...place, pointer: appendPointer(pointer, kind) },
      names,
      later,
    );
    violations.push(...checked.violations);
    shape = actions.length === 1 ? checked.shape : undefined;
  }
  return { violations, shape };
};

const checkAction = (
  kind: StepKindName,
  action: Json,
  place: Place,
  names: NamesInScope,
  later: ReadonlySet<string>,
): { violations: Violation[]; shape: Shape | undefined } => {
  const stepKind: StepKind = stepKinds[kind];
  const template = compileTemplate(action, place.pointer);
  const violations = [
    ...checkSchema(stepKind.schema, action, place.pointer),
    ...template.violations,
    ...checkExpressions(template.expressions, names, later),
  ];
  if (!isObject(action)) return { violations, shape: undefined };
  return {
    violations: [...violations, ...stepKind.check(action, place)],
    shape: stepKind.resultShape(action, place.types),
  };
};
