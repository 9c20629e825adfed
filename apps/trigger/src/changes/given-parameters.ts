import { asFailure, Failure } from '@nightshift/contracts';
import { changeScope, type ChangeView, type EvaluationEnv } from '@nightshift/workflow-core';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';

/** What a trigger gives its run for a change, with the workflow's defaults; or why the workflow cannot start with that. */
export const givenParameters = async (
  { workflow, compiled, parameters, check }: PublishedTrigger,
  view: ChangeView,
  env: EvaluationEnv,
): Promise<Record<string, unknown> | Failure> => {
  if (compiled.parameters === undefined || check === undefined) return parameters;
  try {
    const checked = check(await compiled.parameters(changeScope(view), env));
    if (checked.ok) return checked.value as Record<string, unknown>;
    return new Failure('parameters.invalid', {
      detail: `The change does not give what workflow "${workflow}" needs`,
      errors: checked.violations,
    });
  } catch (error) {
    return asFailure(error);
  }
};
