import { randomUUID } from 'node:crypto';
import { runEndTypes, type RunEventType, type RunFeedEvent } from '@nightshift/contracts';
import type { Webhook } from '@nightshift/ledger';
import { compileExpression, isMet, type EvaluationEnv } from '@nightshift/workflow-core';

/** A webhook, ready to be asked about events. */
export interface CompiledWebhook {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly types: ReadonlySet<RunEventType>;
  readonly hasFilter: boolean;
  /**
   * Whether it is to be told of an event, which for a filter comes with what it holds. A promise only where the filter needs one.
   * @throws Failure `expression.failed`, thrown or as the promise's rejection
   */
  wants(event: RunFeedEvent): boolean | Promise<boolean>;
}

/** The clocks of those who say when an event happened, and of the database that says since when a webhook is there. */
const SKEW_MS = 1_000;

/** @throws Error if its filter does not compile */
export const compileWebhook = ({ id, name, createdAt, spec }: Webhook): CompiledWebhook => {
  const types = new Set<RunEventType>(spec.events ?? runEndTypes);
  const isOfWorkflow = workflowTest(spec.workflow === undefined ? undefined : [spec.workflow].flat());
  const filter = spec.filter === undefined ? undefined : compileExpression(spec.filter.replace(/^=/, ''), '/filter');
  if (filter !== undefined && 'problem' in filter) throw new Error(filter.problem.detail);
  const createdAtMs = createdAt.getTime();
  return {
    id,
    name,
    createdAtMs,
    types,
    hasFilter: filter !== undefined,
    wants: (event) => {
      if (!types.has(event.type) || !isOfWorkflow(event.workflow)) return false;
      const happenedAt = new Date(event.at);
      if (happenedAt.getTime() < createdAtMs - SKEW_MS) return false;
      if (filter === undefined) return true;
      // The clock of a filter is the event's: whenever it is asked, it decides the same.
      const env: EvaluationEnv = { now: happenedAt, random: Math.random, uuid: randomUUID };
      const value = filter.evaluate({ event }, env);
      return value instanceof Promise ? value.then(isMet) : isMet(value);
    },
  };
};

const workflowTest = (patterns: readonly string[] | undefined): ((workflow: string) => boolean) => {
  if (patterns === undefined) return () => true;
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (workflow) => names.has(workflow) || beginnings.some((beginning) => workflow.startsWith(beginning));
};
