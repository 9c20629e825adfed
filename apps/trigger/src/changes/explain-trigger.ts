import { asFailure, Failure, type ChangeEvent, type EvaluationOutcome } from '@nightshift/contracts';
import type { Evaluation } from '@nightshift/ledger';
import { changeScope, matchTrigger, type ChangeView } from '@nightshift/workflow-core';
import type { PublishedTrigger } from '../triggers/trigger-index.ts';
import { environmentOf, notHeld, looksAtUnknown } from './match-change.ts';
import { shortened } from './shortened.ts';
import { triggeredRunId } from './triggered-run.ts';
import { viewsOf } from './views-of.ts';

/** A decision as it was made, told with everything that led to it. Undefined: the trigger does not watch such changes. */
export const explainTrigger = async (
  change: ChangeEvent,
  trigger: PublishedTrigger,
  evaluatedAt: string,
): Promise<Evaluation | undefined> => {
  const { workflow, workflowVersion, index, compiled } = trigger;
  const { condition } = compiled;
  const found = viewsOf(change).find(({ per }) => per === undefined || per === compiled.per);
  const view = found?.view ?? change.data;
  if (compiled.type !== view.type || !compiled.kinds.has(view.kind)) return undefined;
  const decided = found ? await decide(change, view, trigger) : { outcome: 'superseded' as const };
  const { outcome } = decided;
  return {
    workflow,
    workflowVersion,
    trigger: index,
    changeId: change.id,
    committedAt: change.time,
    evaluatedAt,
    thingId: change.subject,
    type: view.type,
    kind: view.kind,
    changedFields: view.changedFields,
    origin: view.origin,
    ...(view.before && { before: shortened(view.before) }),
    ...(view.now && { now: shortened(view.now) }),
    ...((outcome === 'started' || outcome === 'depth') && { runId: triggeredRunId(change, workflow, index) }),
    ...(condition && { condition: condition.source }),
    ...decided,
  };
};

type Decided = Pick<Evaluation, 'value' | 'error'> & { outcome: EvaluationOutcome };

const decide = async (change: ChangeEvent, view: ChangeView, trigger: PublishedTrigger): Promise<Decided> => {
  const { compiled, parameters, depthLimit } = trigger;
  const { incomplete } = change.data;
  if (incomplete && looksAtUnknown(trigger, incomplete))
    return { outcome: 'error', error: notHeld(incomplete).toProblem() };
  const env = environmentOf(change);
  const shown: Pick<Decided, 'value' | 'error'> = {};
  try {
    shown.value = shortened(await compiled.condition?.evaluate(changeScope(view), env));
  } catch (error) {
    shown.error = asFailure(error).toProblem();
  }
  try {
    const verdict = await matchTrigger(compiled, view, env);
    if (verdict !== 'met') return { outcome: verdict, ...shown };
    if (parameters instanceof Failure) return { ...shown, outcome: 'error', error: parameters.toProblem() };
    return { outcome: view.origin.depth > depthLimit ? 'depth' : 'started', ...shown };
  } catch (error) {
    return { outcome: 'error', error: asFailure(error).toProblem() };
  }
};
