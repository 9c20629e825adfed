import { dispatchId, dispatchText, subjects, type RunRequested } from '@nightshift/contracts';
import { derivedId, type ControlResult, type OutsideEvent } from '@nightshift/ledger';
import { makeAnnounceControl } from '../../apps/gateway/src/runs/announce-control.ts';
import { makeDispatchRuns } from '../../apps/gateway/src/runs/dispatch-runs.ts';
import type { SimulatedBus } from './bus-link.ts';
import type { Chance } from './chance.ts';
import type { SimulatedLedger } from './ledger-link.ts';
import type { Process } from './machine.ts';
import type { Tables } from './memory-tables.ts';
import type { VirtualTime } from './virtual-time.ts';
import { workflows } from './workflows.ts';

export interface UsersDeps {
  seed: number;
  time: VirtualTime;
  chance: Chance;
  process: Process;
  ledger: SimulatedLedger;
  bus: SimulatedBus;
  tables: Tables;
  /** A run was perhaps paused or cancelled, and nobody was told. */
  onUnanswered: (runId: string) => void;
}

type Action = 'pause' | 'resume' | 'cancel' | 'retry';

const LOCKS = ['till', 'account'];
const AGAIN_MS = 300;
/** Users look at what they have started for about this long. */
const MEDDLE_WITHIN_MS = 25_000;
/** How often somebody retries runs that failed. A run that always fails is given up in the end. */
const RETRIES = 2;

/**
 * Whoever uses the system from outside, through a gateway that never dies: requests runs, sends events, and pauses, resumes, cancels and
 * retries runs at any moment. What got no answer is asked for again.
 */
export const makeUsers = ({ seed, time, chance, process, ledger, bus, tables, onUnanswered }: UsersDeps) => {
  const dispatchRuns = makeDispatchRuns({ bus });
  const announceControl = makeAnnounceControl({ bus, dispatchRuns, nowMs: time.now });
  const requested: string[] = [];
  const retries = new Map<string, number>();
  let events = 0;
  let planned = 0;

  const pause = (ms: number): Promise<void> => new Promise((resolve) => process.later(ms, resolve));

  const insist = async <T>(ask: () => Promise<T>, onLost = (): void => {}): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch {
        onLost();
        await pause(AGAIN_MS);
      }
    }
  };

  const request = async (index: number, workflow: string, parameters: Record<string, unknown>): Promise<void> => {
    const at = new Date().toISOString();
    const runId = derivedId(time.now(), 'simulated', seed, index);
    const isLater = chance.random() < 0.2;
    const data: RunRequested = {
      workflow,
      workflowVersion: 1,
      parameters,
      cause: { kind: 'api' },
      chainId: runId,
      iteration: 1,
      depth: 0,
      ...(isLater && { dueAt: new Date(time.now() + chance.between(1, 6_000)).toISOString() }),
    };
    requested.push(runId);
    const isNew = await insist(() => ledger.runs.request({ runId, at, requested: data }));
    if (isNew && !isLater) dispatchRuns.moved([{ runId, version: 1, requested: { at, data } }]);
  };

  const control = async (action: Action, runId: string): Promise<ControlResult> => {
    const result = await insist(
      () => ledger.control[action]({ runIds: [runId] }),
      () => onUnanswered(runId),
    );
    announceControl(result.changed);
    dispatchRuns.ready(result.wokenRunIds);
    return result;
  };

  const send = async (type: string, key: string): Promise<void> => {
    const time = new Date().toISOString();
    const event: OutsideEvent = { id: String(++events), source: '/users', type, subject: key, time, data: null };
    const { woken } = await insist(() => ledger.events.receive(event));
    for (const dispatch of woken) bus.publish(subjects.dispatch, dispatchText(dispatch), { id: dispatchId(dispatch) });
  };

  const meddle = async (): Promise<void> => {
    await pause(chance.pick([30, 1_000, 5_000, MEDDLE_WITHIN_MS]) * chance.random());
    const runId = chance.pick([...tables.runs.keys(), ...requested]);
    const action = chance.pick<Action>(['pause', 'pause', 'pause', 'cancel', 'retry']);
    if (tables.runs.get(runId)?.heldBy != null) return;
    await control(action, runId);
    if (action !== 'pause') return;
    await pause(chance.between(1, 8_000));
    await control('resume', runId);
  };

  return {
    /** Whether every run has ended, also of those that are not admitted yet. */
    haveEnded: (): boolean =>
      requested.length === planned &&
      requested.every((runId) => tables.runs.has(runId)) &&
      [...tables.runs.values()].every(({ finishedAt }) => finishedAt !== null),

    /** Asks for some runs, and does this and that to them. @returns the moment after which nothing more is asked for */
    begin: (): number => {
      const names = [...workflows].filter(([, { isInner }]) => !isInner).map(([name]) => name);
      const chosen = Array.from({ length: chance.between(1, 4) }, () => chance.pick(names));
      if (chosen[0] === 'locked' || chosen[0] === 'nested') chosen.push('locked');
      const all = chosen.flatMap((name) => [name, ...(workflows.get(name)!.with ? [workflows.get(name)!.with!] : [])]);
      planned = all.length;
      all.forEach((workflow, index) => {
        const key = `k${chance.between(1, 2)}`;
        process.later(chance.random() < 0.5 ? index : chance.between(0, 2_000), () => {
          void request(index, workflow, { key: workflow === 'speaker' ? 'k1' : key, lock: chance.pick(LOCKS) });
        });
        const { awaits } = workflows.get(workflow)!;
        if (awaits && chance.random() < 0.5) process.later(chance.between(0, 10_000), () => void send(awaits, key));
      });
      if (chance.random() < 0.4) for (let left = chance.between(1, 3); left > 0; left--) void meddle();
      return time.now() + MEDDLE_WITHIN_MS + 10_000;
    },

    /** Gives every run that waits for somebody what it waits for. */
    tidyUp: (): void => {
      for (const run of tables.runs.values()) {
        if (run.status === 'paused') void control(run.heldBy === null ? 'resume' : 'cancel', run.id);
        const tried = retries.get(run.id) ?? 0;
        if (
          run.status === 'failed' &&
          tried < RETRIES &&
          requested.includes(run.id) &&
          run.id.charCodeAt(35) % 2 === 0
        ) {
          retries.set(run.id, tried + 1);
          void control('retry', run.id);
        }
      }
      for (const { type, key } of tables.waits) if (type !== 'never.sent') void send(type, key);
    },
  };
};

export type Users = ReturnType<typeof makeUsers>;
