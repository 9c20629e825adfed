import { randomUUID } from 'node:crypto';
import type { ChangeEvent } from '@nightshift/contracts';
import { matchTrigger, type EvaluationEnv } from '@nightshift/workflow-core';
import type { PublishedTrigger, TriggerIndex } from '../triggers/trigger-index.ts';

export interface Matches {
  met: PublishedTrigger[];
  /** Triggers whose condition could not be evaluated. */
  failed: { trigger: PublishedTrigger; error: unknown }[];
}

/** The triggers that a change meets. The clock in their conditions is the moment of the commit, so that a repeat decides the same. */
export const matchChange = async (change: ChangeEvent, triggers: TriggerIndex): Promise<Matches> => {
  const matches: Matches = { met: [], failed: [] };
  const env: EvaluationEnv = { now: new Date(change.time), random: Math.random, uuid: randomUUID };
  for (const trigger of triggers.watching(change.data.type, change.data.kind)) {
    try {
      const answer = matchTrigger(trigger.compiled, change.data, env);
      // Most answers are there at once; waiting for each would cost a turn of the event loop.
      if (typeof answer === 'boolean' ? answer : await answer) matches.met.push(trigger);
    } catch (error) {
      matches.failed.push({ trigger, error });
    }
  }
  return matches;
};
