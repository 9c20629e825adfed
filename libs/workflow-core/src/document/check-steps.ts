import { IDENTIFIER_PATTERN, NAME_MAX_LENGTH, type Json, type Violation } from '@nightshift/contracts';
import { blockKindNames, isBlockKindName, type BlockKindName } from '../blocks/blocks.ts';
import { compileTemplate } from '../expressions/template.ts';
import { isStepKindName, stepKindNames, stepKinds, type StepKindName } from '../steps/registry.ts';
import type { Place, StepKind } from '../steps/step-kind.ts';
import { checkBlock } from './check-block.ts';
import { checkCondition } from './check-condition.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import { checkOptions } from './check-options.ts';
import { checkSchema } from './check-schema.ts';
import { stepOptions } from './document-schema.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { expressionWords, scopeNames, type Shape } from './shape.ts';
import type { StepPlaces } from './step-places.ts';
import { unknownWord } from './violation.ts';

const identifier = new RegExp(IDENTIFIER_PATTERN);

export interface CheckedSteps {
  violations: Violation[];
  /** What is in scope after the last step. */
  names: NamesInScope;
  /** What is known of the last step's result. */
  shape?: Shape | undefined;
}

/** What holds for a list of steps, wherever in the document it stands. */
export interface StepsContext extends Omit<Place, 'pointer'> {
  /** Names of all the document's steps so far: events and results know a step by its name. */
  readonly seen: Set<string>;
  /** All steps of the document, whether they come before or after. */
  readonly everyStep: StepPlaces;
  /** The steps stand in a `transaction`. */
  readonly isInTransaction?: boolean;
  /** The steps undo another one. */
  readonly isInCompensate?: boolean;
}

/** Checks a list of steps. Each sees the results of those before it. */
export const checkSteps = (
  steps: unknown,
  pointer: string,
  names: NamesInScope,
  context: StepsContext,
): CheckedSteps => {
  if (!Array.isArray(steps))
    return {
      names,
      violations: [{ pointer, detail: steps === undefined ? 'is required' : 'must be a list of steps' }],
    };
  if (steps.length === 0) return { names, violations: [{ pointer, detail: 'must have at least one step' }] };

  const violations: Violation[] = [];
  let inScope = names;
  let shape: Shape | undefined;
  steps.forEach((entry: unknown, index) => {
    const place = appendPointer(pointer, index);
    const keys = isObject(entry) ? Object.keys(entry) : [];
    const [name] = keys;
    if (!isObject(entry) || name === undefined || keys.length > 1) {
      violations.push({ pointer: place, detail: severalKeys(keys) });
      return;
    }
    const at = appendPointer(place, name);
    violations.push(...checkName(name, at, context.seen));
    context.seen.add(name);
    const checked = checkStep(name, entry[name], at, inScope, context);
    violations.push(...checked.violations);
    shape = checked.shape;
    inScope = (scopeNames as readonly string[]).includes(name)
      ? checked.names
      : new Map(checked.names).set(name, checked.shape);
  });
  return { violations, names: inScope, shape };
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

const actionNames: readonly string[] = [...stepKindNames, ...blockKindNames];
const isActionName = (word: string): word is StepKindName | BlockKindName =>
  isStepKindName(word) || isBlockKindName(word);

const checkStep = (
  name: string,
  body: unknown,
  pointer: string,
  names: NamesInScope,
  context: StepsContext,
): CheckedSteps => {
  if (!isObject(body))
    return { violations: [{ pointer, detail: `must be an object with an action: ${actionNames.join(', ')}` }], names };

  const violations: Violation[] = [];
  const actions = Object.keys(body).filter(isActionName);
  for (const key of Object.keys(body)) {
    if (isActionName(key) || Object.hasOwn(stepOptions, key)) continue;
    const known = [...actionNames, ...Object.keys(stepOptions)];
    violations.push(
      unknownWord(appendPointer(pointer, key), `${key} is neither an action nor an option of a step`, key, known),
    );
  }
  if (actions.length === 0 && violations.length === 0)
    violations.push({ pointer, detail: `needs an action: one of ${actionNames.join(', ')}` });
  if (actions.length > 1) violations.push({ pointer, detail: `may have one action, but has ${actions.join(', ')}` });

  if (body['if'] !== undefined)
    violations.push(...checkCondition(body['if'], appendPointer(pointer, 'if'), names, context.everyStep));

  let shape: Shape | undefined;
  let after = names;
  for (const kind of actions) {
    const at = appendPointer(pointer, kind);
    const checked = isBlockKindName(kind)
      ? checkBlock(kind, body[kind], at, names, context)
      : { ...checkAction(kind, body[kind] as Json, at, names, context), names };
    violations.push(...checked.violations);
    if (actions.length === 1) ({ shape, names: after } = { shape: checked.shape, names: checked.names });
  }
  const options = checkOptions(name, body, pointer, { before: names, after, shape }, context);
  return { violations: [...violations, ...options.violations], names: options.names, shape };
};

const checkAction = (
  kind: StepKindName,
  action: Json,
  pointer: string,
  names: NamesInScope,
  context: StepsContext,
): { violations: Violation[]; shape: Shape | undefined } => {
  const stepKind: StepKind = stepKinds[kind];
  const { types, workflows, everyStep } = context;
  const template = compileTemplate(action, pointer);
  const inScope = stepKind.seesSecrets ? new Map(names).set('secrets', undefined) : names;
  const violations = [
    ...(context.isInTransaction && !stepKind.isTransactional
      ? [{ pointer, detail: `${kind} may not stand in a transaction: it could not be undone with it` }]
      : []),
    ...(context.isInCompensate && kind === 'stop'
      ? [{ pointer, detail: 'stop may not stand in compensate: the run goes on with the failure' }]
      : []),
    ...checkSchema(stepKind.schema, action, pointer),
    ...template.violations,
    ...checkExpressions(template.expressions, inScope, everyStep),
  ];
  if (!isObject(action)) return { violations, shape: undefined };
  return {
    violations: [...violations, ...stepKind.check(action, { pointer, types, workflows })],
    shape: stepKind.resultShape(action, types, workflows),
  };
};
