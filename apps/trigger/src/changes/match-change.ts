import { randomUUID } from 'node:crypto';
import { Failure, type ChangeEvent } from '@nightshift/contracts';
import { matchTrigger, type ChangeView, type EvaluationEnv, type UnmetReason } from '@nightshift/workflow-core';
import type { PublishedTrigger, TriggerIndex } from '../triggers/trigger-index.ts';
import { viewsOf } from './views-of.ts';

export interface Matches {
  met: { trigger: PublishedTrigger; view: ChangeView }[];
  /** Looked at and not met. */
  unmet: { trigger: PublishedTrigger; reason: UnmetReason }[];
  /** Triggers whose condition could not be evaluated. */
  failed: { trigger: PublishedTrigger; error: unknown }[];
  /** How many triggers were not looked at, because they need what the change has not. */
  leftOut: number;
  /** How many triggers per transaction wait for a later change of the thing, or for none. */
  superseded: number;
}

/** The clock in conditions is the moment of the commit, so that a repeat decides the same. */
export const environmentOf = (change: ChangeEvent): EvaluationEnv => ({
  now: new Date(change.time),
  random: Math.random,
  uuid: randomUUID,
});

/** The triggers that a change meets. */
export const matchChange = async (change: ChangeEvent, triggers: TriggerIndex): Promise<Matches> => {
  const matches: Matches = { met: [], unmet: [], failed: [], leftOut: 0, superseded: 0 };
  const env = environmentOf(change);
  const views = viewsOf(change);
  const { incomplete } = change.data;
  for (const { view, per } of views) {
    const candidates = triggers.candidates(incomplete ? asUndecided(view) : view, per);
    matches.leftOut += triggers.count(view.type, view.kind, per) - candidates.length;
    for (const trigger of candidates) {
      if (incomplete && looksAtUnknown(trigger, incomplete)) {
        matches.failed.push({ trigger, error: notHeld(incomplete) });
        continue;
      }
      try {
        const answer = matchTrigger(trigger.compiled, view, env);
        // Most answers are there at once; waiting for each would cost a turn of the event loop.
        const verdict = typeof answer === 'string' ? answer : await answer;
        if (verdict === 'met') matches.met.push({ trigger, view });
        else matches.unmet.push({ trigger, reason: verdict });
      } catch (error) {
        matches.failed.push({ trigger, error });
      }
    }
  }
  if (views.length === 1 && views[0]!.per !== undefined)
    matches.superseded = triggers.count(change.data.type, change.data.kind, 'transaction');
  return matches;
};

type Incomplete = NonNullable<ChangeEvent['data']['incomplete']>;

/** What conditions would take for missing though it only is not told. */
const unknownIn: Readonly<Record<Incomplete, ReadonlySet<string>>> = {
  size: new Set(['before', 'now']),
  identity: new Set(['before', 'changedFields']),
};

/** Whether the trigger's condition looks at what an incomplete change does not tell. */
export const looksAtUnknown = ({ compiled }: PublishedTrigger, incomplete: Incomplete): boolean =>
  compiled.condition?.references.some(({ name }) => unknownIn[incomplete].has(name)) ?? false;

export const notHeld = (incomplete: Incomplete): Failure =>
  new Failure('change.incomplete', {
    detail:
      incomplete === 'size'
        ? 'The thing is too large for its change to hold more than its id'
        : 'The replica identity of the table is not FULL, so the log does not hold what the thing was before',
  });

/** Nobody is left out for what the thing seems to be: a list in its place is what the index cannot look into. */
const asUndecided = (view: ChangeView): ChangeView => ({
  ...view,
  ...(view.before && { before: [] as never }),
  ...(view.now && { now: [] as never }),
});
