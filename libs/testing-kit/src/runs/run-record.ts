import type { RunEvent, RunRequested, RunStatus } from '@nightshift/contracts';
import { isEnded, type KnownRun } from '@nightshift/workflow-core';
import type { Planned } from '../clock.ts';
import type { Definition } from '../definitions.ts';

/** A run of the testbed. */
export interface RunRecord {
  readonly id: string;
  readonly definition: Definition;
  readonly events: RunEvent[];
  state: KnownRun;
  /** When it is looked at again though nothing happens to it. */
  waking?: Planned | undefined;
  /** Attempts whose effect takes time. */
  readonly flying: Map<string, number>;
  /** Steps whose wait was looked for in vain since the last news. */
  readonly soughtInVain: Set<string>;
  /** Outside events that it has had. */
  readonly heard: Set<string>;
  /** Told once, when it has ended. */
  readonly onEnd: (() => void)[];
}

/** A run to be started. `held`: why it does not start by itself. */
export interface RequestedRun {
  runId: string;
  requested: RunRequested;
  held?: Extract<RunEvent, { type: 'RunPaused' }>['data'];
}

export const hasEnded = ({ state }: RunRecord): boolean => isEnded(state.status);

/** As the platform shows it: a run that is under way and has nothing to do waits. */
export const statusOf = (run: RunRecord): RunStatus => {
  const { status } = run.state;
  return status === 'running' && run.flying.size === 0 ? 'waiting' : status;
};
