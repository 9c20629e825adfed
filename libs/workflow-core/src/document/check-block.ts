import type { Json, Violation } from '@nightshift/contracts';
import { blockKinds, type BlockKindName } from '../blocks/blocks.ts';
import type { Body } from '../blocks/block-kind.ts';
import { compileTemplate } from '../expressions/template.ts';
import { checkCondition } from './check-condition.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import { checkSchema } from './check-schema.ts';
import { checkSteps, type CheckedSteps, type StepsContext } from './check-steps.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { expressionWords, scopeNames } from './shape.ts';

/** Checks a step that consists of steps. */
export const checkBlock = (
  kind: BlockKindName,
  action: unknown,
  pointer: string,
  names: NamesInScope,
  context: StepsContext,
): CheckedSteps => {
  const { schema, bodies } = blockKinds[kind];
  const violations = [...checkSchema(schema, action as Json, pointer), ...placeRules(kind, pointer, context)];
  const inside = kind === 'transaction' ? { ...context, isInTransaction: true } : context;
  const check = (body: Body, inScope: NamesInScope): CheckedSteps =>
    checkSteps(body.steps, `${pointer}${body.pointer}`, inScope, inside);

  switch (kind) {
    case 'do':
    case 'try':
    case 'transaction':
    case 'lock': {
      if (kind === 'lock' && isObject(action))
        violations.push(...checkTexts(action['name'], `${pointer}/name`, names, context));
      const body = bodies(action)[0];
      if (!body) return { violations, names };
      const checked = check(body, names);
      return { ...checked, violations: [...violations, ...checked.violations] };
    }
    case 'switch':
    case 'fork': {
      if (kind === 'switch') violations.push(...checkCases(action, pointer, names, context));
      // A branch sees what was before; afterwards what any of them gave may be there.
      const after = new Map(names);
      for (const body of bodies(action)) {
        const checked = check(body, names);
        violations.push(...checked.violations);
        for (const [name, shape] of checked.names) if (!names.has(name)) after.set(name, shape);
      }
      return { violations, names: after };
    }
    case 'for': {
      const body = bodies(action)[0];
      if (!body || !isObject(action)) return { violations, names };
      violations.push(...checkLoop(action, pointer, names, context));
      const inRound = new Map(names);
      for (const name of [action['each'] ?? 'item', action['at'] ?? 'index', 'previous'])
        inRound.set(String(name), undefined);
      const checked = check(body, inRound);
      violations.push(...checked.violations);
      if (action['return'] !== undefined)
        violations.push(...checkTexts(action['return'], `${pointer}/return`, checked.names, context));
      return { violations, names };
    }
  }
};

const placeRules = (kind: BlockKindName, pointer: string, { isInTransaction }: StepsContext): Violation[] =>
  isInTransaction && (kind === 'fork' || kind === 'lock' || kind === 'transaction' || kind === 'try')
    ? [{ pointer, detail: `${kind} may not stand in a transaction` }]
    : [];

const checkTexts = (value: unknown, pointer: string, names: NamesInScope, { everyStep }: StepsContext): Violation[] => {
  const { violations, expressions } = compileTemplate(value as Json, pointer);
  return [...violations, ...checkExpressions(expressions, names, everyStep)];
};

const checkCases = (
  action: unknown,
  pointer: string,
  inScope: NamesInScope,
  { everyStep }: StepsContext,
): Violation[] => {
  if (!Array.isArray(action)) return [];
  const seen = new Set<string>();
  return action.flatMap((entry: unknown, index) => {
    if (!isObject(entry)) return [];
    const names = Object.keys(entry);
    const [name] = names;
    if (name === undefined || names.length > 1)
      return [{ pointer: appendPointer(pointer, index), detail: `must have one key, the case's name` }];
    const body = entry[name];
    if (!isObject(body)) return [];
    const at = appendPointer(appendPointer(pointer, index), name);
    const violations: Violation[] = seen.has(name) ? [{ pointer: at, detail: `there is a case ${name} already` }] : [];
    seen.add(name);
    if (body['when'] !== undefined)
      violations.push(...checkCondition(body['when'], appendPointer(at, 'when'), inScope, everyStep));
    else if (index < action.length - 1)
      violations.push({ pointer: at, detail: 'takes everything, so that the cases after it are never reached' });
    return violations;
  });
};

const checkLoop = (
  action: Readonly<Record<string, unknown>>,
  pointer: string,
  names: NamesInScope,
  context: StepsContext,
): Violation[] => {
  const { in: items, while: condition, each, at } = action;
  const violations: Violation[] = [];
  if (items === undefined && condition === undefined) violations.push({ pointer, detail: 'needs `in` or `while`' });
  if (items !== undefined) violations.push(...checkTexts(items, `${pointer}/in`, names, context));
  const chosen = [
    ['each', each],
    ['at', at],
  ] as const;
  for (const [key, name] of chosen) {
    if (typeof name !== 'string') continue;
    const isReserved = [...scopeNames, ...expressionWords].some(
      (word) => word === name && word !== 'item' && word !== 'index',
    );
    if (isReserved || context.everyStep.has(name))
      violations.push({ pointer: `${pointer}/${key}`, detail: `${name} has another meaning already` });
  }
  const [first, second] = [each ?? 'item', at ?? 'index'];
  if (first === second)
    violations.push({
      pointer: `${pointer}/${at === undefined ? 'each' : 'at'}`,
      detail: `${String(first)} is both the item and its index`,
    });
  if (condition !== undefined) {
    const inScope = new Map(names).set('previous', undefined);
    for (const [key, name] of chosen)
      inScope.set(typeof name === 'string' ? name : key === 'each' ? 'item' : 'index', undefined);
    violations.push(...checkCondition(condition, `${pointer}/while`, inScope, context.everyStep));
  }
  return violations;
};
