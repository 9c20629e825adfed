import type { Problem } from '@nightshift/contracts';
import type { Scope } from '../expressions/scope.ts';
import type { Effect } from '../steps/effect.ts';
import type { Refused } from '../steps/refusal.ts';
import type { StepOutcome } from './decide-step.ts';
import { failure, type Evaluating, type Outlook } from './outlook.ts';
import { exactly, someEvent, type Foreseen } from './foreseen.ts';
import { iterationOf } from './place.ts';
import type { PlanStep } from './plan.ts';

/** How a step that acts can go: as its effect says, or, if that cannot be known any more, as any effect of its kind goes. */
export function* foreseeAction(
  outlook: Outlook,
  step: PlanStep,
  scope: Scope,
  decide: (outcome: StepOutcome) => Foreseen[],
): Evaluating<Foreseen[]> {
  const { input, prepare, secrets } = step.action!;
  const isKnown = !input.isRecorded && secrets.length === 0;
  const effect = isKnown ? prepare(yield* outlook.value(input, scope)) : undefined;
  return effect ? foreseeEffect(outlook, step, effect, decide) : foreseeKind(outlook, step);
}

const foreseeEffect = (
  outlook: Outlook,
  step: PlanStep,
  effect: Effect | Refused,
  decide: (outcome: StepOutcome) => Foreseen[],
): Foreseen[] => {
  const failed = (problem: Problem): Foreseen[] => decide({ kind: 'failed', problem, canRetry: false });
  switch (effect.kind) {
    case 'refused':
      return failed(effect.problem);
    case 'raise':
      return failed(effect.problem);
    case 'value':
      return decide({ kind: 'completed', result: effect.value });
    case 'stop':
      return decide({ kind: 'stopped', result: effect.result });
    case 'waitFor':
      return decide({ kind: 'awaiting', event: { type: effect.event, key: effect.key } });
    case 'respond':
    case 'log':
    case 'progress': {
      const iteration = iterationOf(outlook.state, step);
      const { kind, ...said } = effect;
      const data = { step: step.name, ...(iteration !== undefined && { iteration }), ...said };
      const [then] = decide({ kind: 'completed' });
      return exactly([{ type: saidAs[kind], data } as never]).map((said) => ({
        ...said,
        ...(then && { then }),
      }));
    }
    default:
      return foreseeKind(outlook, step);
  }
};

const saidAs = { log: 'LogWritten', progress: 'ProgressReported', respond: 'AnswerGiven' } as const;

const foreseeKind = (outlook: Outlook, step: PlanStep): Foreseen[] => {
  const { name, kind } = step;
  const isIts = (data: { step: string }): boolean => data.step === name;
  const fails = failure(outlook, step);
  switch (kind) {
    case 'wait':
      return [someEvent('WaitStarted', name, (data) => isIts(data) && isOfTime(data)), fails];
    case 'waitFor':
      return [someEvent('WaitStarted', name, (data) => isIts(data) && data.event !== undefined), fails];
    case 'call':
      return [someEvent('WaitStarted', name, (data) => isIts(data) && data.calledRunId !== undefined), fails];
    case 'log':
      return [someEvent('LogWritten', name, isIts), someEvent('StepCompleted', name, isIts), fails];
    case 'respond':
      return [someEvent('AnswerGiven', name, isIts), someEvent('StepCompleted', name, isIts), fails];
    case 'progress':
      return [someEvent('ProgressReported', name, isIts), someEvent('StepCompleted', name, isIts), fails];
    default:
      return [someEvent('StepCompleted', name, isIts), someEvent('StepSkipped', name, isIts), fails];
  }
};

const isOfTime = ({ until, lock }: { until?: string; lock?: string }): boolean =>
  until !== undefined && lock === undefined;
