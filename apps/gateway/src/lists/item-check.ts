import type { Violation } from '@nightshift/contracts';
import { refusal, within } from '../door/checked.ts';
import { checkParameters, type Parameters, type StartableWorkflow } from '../workflows/startable-workflow.ts';

export interface ItemCheck {
  /** Given to every item's run, defaults included. */
  parameters: Parameters;
  /** @throws Failure `parameters.invalid` naming the item by its index and by what its sender calls it */
  check: (item: unknown, index: number, name: string) => void;
}

/** An item that cannot be started is refused with the list: a run that fails for it an hour later helps nobody. */
export const makeItemCheck = (workflow: StartableWorkflow, given: Parameters, as: string | undefined): ItemCheck => {
  const parameters: Parameters = { ...given };
  if (as === undefined) {
    return { parameters: checkParameters(workflow, parameters, '/parameters'), check: () => {} };
  }
  // Adds the defaults; what is wrong may be right with an item in its place.
  workflow.check(parameters);
  delete parameters[as];

  const own = `/${as}`;
  const place = (violation: Violation, index: number): Violation =>
    violation.pointer === own || violation.pointer.startsWith(`${own}/`)
      ? { ...violation, pointer: `/items/${index}${violation.pointer.slice(own.length)}` }
      : within('/parameters', [violation])[0]!;

  return {
    parameters,
    check: (item, index, name) => {
      const result = workflow.check({ ...parameters, [as]: item });
      if (result.ok) return;
      const errors = result.violations.map((violation) => place(violation, index));
      throw refusal(
        'parameters.invalid',
        errors.map((error) => ({ ...error, detail: `${error.detail} (${name})` })),
      );
    },
  };
};
