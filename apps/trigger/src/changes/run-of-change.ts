import { Failure, type ChangeEvent } from '@nightshift/contracts';
import type { RequestedRun } from '@nightshift/ledger';
import type { ChangeView } from '@nightshift/workflow-core';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';
import { givenParameters } from './given-parameters.ts';
import { environmentOf } from './match-change.ts';
import { triggeredRun } from './triggered-run.ts';

/** The run that a change starts by a trigger that it meets, or why the workflow cannot start with what the trigger gives. */
export const runOfChange = async (
  change: ChangeEvent,
  view: ChangeView,
  trigger: PublishedTrigger,
  at: string,
): Promise<RequestedRun | Failure> => {
  // Most give nothing: evaluating that would cost each of them another turn of the event loop.
  const parameters =
    trigger.check === undefined ? trigger.parameters : await givenParameters(trigger, view, environmentOf(change));
  return parameters instanceof Failure ? parameters : triggeredRun(change, view, trigger, parameters, at);
};
