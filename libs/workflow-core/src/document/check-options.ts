import type { Json, Violation } from '@nightshift/contracts';
import type { NamesInScope } from './check-expressions.ts';
import { checkSchema } from './check-schema.ts';
import { checkSteps, type StepsContext } from './check-steps.ts';
import { stepOptions } from './document-schema.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';
import { errorShape, type Shape } from './shape.ts';

/** What is in scope before a step, and after its action. */
interface Around {
  before: NamesInScope;
  after: NamesInScope;
  shape: Shape | undefined;
}

/** Checks what stands beside a step's action, but for its `if`. */
export const checkOptions = (
  name: string,
  body: Readonly<Record<string, unknown>>,
  pointer: string,
  { before, after, shape }: Around,
  context: StepsContext,
): { violations: Violation[]; names: NamesInScope } => {
  const violations: Violation[] = [];
  for (const option of ['retry', 'catch', 'timeout'] as const) {
    if (body[option] !== undefined)
      violations.push(...checkSchema(stepOptions[option], body[option] as Json, appendPointer(pointer, option)));
  }
  if (body['try'] !== undefined && body['catch'] === undefined)
    violations.push({ pointer, detail: 'needs a `catch` beside `try`' });
  for (const option of ['retry', 'catch', 'timeout', 'compensate'] as const) {
    if (context.isInTransaction && body[option] !== undefined)
      violations.push({
        pointer: appendPointer(pointer, option),
        detail: `may not stand in a transaction; put it beside the transaction`,
      });
  }
  if (body['transaction'] === undefined && body['compensate'] !== undefined && 'stop' in body)
    violations.push({ pointer: appendPointer(pointer, 'compensate'), detail: 'is never reached after `stop`' });

  let names = after;
  const handler = body['catch'];
  if (isObject(handler) && handler['do'] !== undefined) {
    // What the block's steps gave may be there or not.
    const inScope = new Map(after).set('error', errorShape);
    const checked = checkSteps(handler['do'], appendPointer(appendPointer(pointer, 'catch'), 'do'), inScope, context);
    violations.push(...checked.violations);
    names = new Map(after);
    for (const [key, value] of checked.names)
      if (!before.has(key) && key !== 'error') (names as Map<string, Shape | undefined>).set(key, value);
  }
  if (body['compensate'] !== undefined) {
    if (context.isInCompensate)
      violations.push({
        pointer: appendPointer(pointer, 'compensate'),
        detail: 'may not stand in another compensate: what undoes is not undone',
      });
    const inScope = new Map(after).set(name, shape).set('error', errorShape);
    violations.push(
      ...checkSteps(body['compensate'], appendPointer(pointer, 'compensate'), inScope, {
        ...context,
        isInCompensate: true,
      }).violations,
    );
  }
  return { violations, names };
};
