import { Failure, type RunRequested } from '@nightshift/contracts';
import {
  changeScope,
  eventScope,
  matchEventTrigger,
  matchTrigger,
  type ChangeView,
  type EvaluationEnv,
} from '@nightshift/workflow-core';
import type { Definition, Definitions } from '../definitions.ts';
import { heldBy } from '../effects/child-run.ts';
import { startable } from '../effects/performers.ts';
import type { OutsideEvent } from '../events.ts';
import type { RequestedRun } from '../runs/run-record.ts';
import type { ThingChange } from '../things/store.ts';

export interface TriggersDeps {
  definitions: Definitions;
  env: () => EvaluationEnv;
  newId: () => string;
  start: (run: RequestedRun) => void;
}

/** Starts what changes and events start. */
export interface Triggers {
  /** @param changes of one transaction */
  changed(changes: readonly ThingChange[]): Promise<void>;
  received(event: OutsideEvent, emitter: { runId: string; depth: number } | undefined): Promise<void>;
}

/** What a transaction did to each thing as a whole; nothing of what it undid itself. */
const netOf = (changes: readonly ThingChange[]): ThingChange[] => {
  const byThing = new Map<string, ThingChange[]>();
  for (const change of changes) {
    const key = `${change.type} ${change.id}`;
    byThing.set(key, [...(byThing.get(key) ?? []), change]);
  }
  return [...byThing.values()].flatMap((of) => {
    const [first, last] = [of[0]!, of.at(-1)!];
    if (of.length === 1) return [first];
    const { before } = first;
    const { now } = last;
    if (!before && !now) return [];
    const kind = !before ? 'created' : !now ? 'deleted' : 'changed';
    const changedFields =
      before && now
        ? Object.keys(now).filter((field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]))
        : [];
    if (kind === 'changed' && changedFields.length === 0) return [];
    return [{ ...last, kind, ...(before && { before }), changedFields }];
  });
};

/** What a trigger without parameters of its own gives: the schema's defaults, if they are all that it needs. */
const defaultsOf = ({ checkParameters }: Definition): Record<string, unknown> => {
  const check = checkParameters({});
  return check.ok ? (check.value as Record<string, unknown>) : {};
};

export const makeTriggers = ({ definitions, env, newId, start }: TriggersDeps): Triggers => {
  const begin = (
    definition: Definition,
    requested: Omit<RunRequested, 'workflow' | 'workflowVersion' | 'chainId' | 'iteration'>,
  ): void => {
    const runId = newId();
    const { name: workflow, version: workflowVersion } = definition;
    const data: RunRequested = { workflow, workflowVersion, chainId: runId, iteration: 1, ...requested };
    start({ runId, requested: data, ...heldBy(definition, data) });
  };

  /** On the platform it becomes a dead letter; in a test it is a mistake. */
  const explain = (workflow: string, what: string, error: unknown): never => {
    if (!(error instanceof Failure)) throw error;
    throw new Error(`"${workflow}" cannot be started by the ${what}: ${error.message}`, { cause: error });
  };

  const startFor = async (
    definition: Definition,
    change: ThingChange,
    per: 'change' | 'transaction',
  ): Promise<void> => {
    const { type, kind, before, now, changedFields, origin, id } = change;
    const view = { type, kind, before, now, changedFields, origin } as ChangeView;
    for (const trigger of definition.changeTriggers) {
      if (trigger.per !== per || trigger.type !== type || !trigger.kinds.has(kind)) continue;
      if ((await matchTrigger(trigger, view, env())) !== 'met') continue;
      const { name } = definition;
      const parameters = trigger.parameters
        ? startable(definitions, name, await trigger.parameters(changeScope(view), env())).parameters
        : defaultsOf(definition);
      begin(definition, {
        parameters,
        cause: { kind: 'change', changeId: newId() },
        depth: origin.depth,
        ...(origin.runId !== undefined && { parentRunId: origin.runId }),
        trigger: { type, kind, id, time: env().now.toISOString(), before, now, changedFields, origin },
      });
    }
  };

  return {
    changed: async (changes) => {
      const net = netOf(changes);
      for (const definition of definitions.all()) {
        try {
          for (const change of changes) await startFor(definition, change, 'change');
          for (const change of net) await startFor(definition, change, 'transaction');
        } catch (error) {
          explain(definition.name, 'change', error);
        }
      }
    },
    received: async (event, emitter) => {
      for (const definition of definitions.all()) {
        try {
          for (const trigger of definition.eventTriggers) {
            if (!(await matchEventTrigger(trigger, event, env()))) continue;
            const given = (await trigger.parameters?.(eventScope(event), env())) ?? {};
            begin(definition, {
              parameters: startable(definitions, definition.name, given).parameters,
              cause: { kind: 'event', source: event.source, eventId: event.id },
              depth: emitter === undefined ? 0 : emitter.depth + 1,
              ...(emitter && { parentRunId: emitter.runId }),
              trigger: { event },
            });
          }
        } catch (error) {
          explain(definition.name, `event ${event.type}`, error);
        }
      }
    },
  };
};
