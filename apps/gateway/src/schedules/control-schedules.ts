import {
  compileSchema,
  Failure,
  MoveScheduleBodySchema,
  MoveSchedulesBodySchema,
  SchedulesBodySchema,
  StopSchedulesBodySchema,
  type ControlledRuns,
  type RunStatus,
  type Schedule,
} from '@nightshift/contracts';
import type { ControlOptions, ControlResult, ControlTarget, Ledger, Move, UnchangedRun } from '@nightshift/ledger';
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AnnounceControl } from '../runs/announce-control.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters, type Parameters } from '../workflows/startable-workflow.ts';
import { readMove } from './read-due.ts';
import { readScheduleTarget } from './read-schedules.ts';
import { makeGetSchedule } from './search-schedules.ts';

export interface ControlSchedulesDeps {
  ledger: Pick<Ledger, 'control' | 'schedules'>;
  published: PublishedWorkflows;
  announceControl: AnnounceControl;
}

export type ScheduleAction = 'cancel' | 'pause' | 'resume';

const REPORTED_MAX = 100;

const checkStop = compileSchema(StopSchedulesBodySchema);
const checkMany = compileSchema(SchedulesBodySchema);
const checkMove = compileSchema(MoveScheduleBodySchema);
const checkMoveMany = compileSchema(MoveSchedulesBodySchema);

/** The status that an action leads to: who asks for it again has what he wants. */
const aim: Readonly<Partial<Record<ScheduleAction | 'move', RunStatus>>> = { cancel: 'cancelled', pause: 'paused' };

const refusalOf = ({ runId, status, reason }: UnchangedRun): Failure => {
  switch (reason) {
    case 'run.not_found':
    case 'schedule.not_found':
      return new Failure('schedule.not_found', { detail: `There is no schedule ${runId}` });
    case 'schedule.started':
      return new Failure(reason, {
        detail: `The run of schedule ${runId} has already started: what is done to runs can be done to it`,
      });
    case 'ledger.unavailable':
      return new Failure(reason, { detail: `Schedule ${runId} moves too quickly to be changed; try again` });
    default:
      return new Failure(reason, { detail: `Schedule ${runId} is ${status}` });
  }
};

/** What can be done to schedules that have not started, one or many. Whatever has started stays as it is. */
export const makeControlSchedules = ({ ledger, published, announceControl }: ControlSchedulesDeps) => {
  const get = makeGetSchedule({ ledger });

  const control = async (
    act: (options: ControlOptions) => Promise<ControlResult>,
  ): Promise<{ changed: number; unchanged: UnchangedRun[] }> => {
    let changed = 0;
    const { unchanged } = await act({
      onlySchedules: true,
      onChanged: (runs) => {
        changed += runs.length;
        announceControl(runs);
      },
    });
    return { changed, unchanged };
  };

  const one = async (
    id: string,
    action: ScheduleAction | 'move',
    act: (target: ControlTarget, options: ControlOptions) => Promise<ControlResult>,
  ): Promise<Schedule> => {
    const { unchanged } = await control((options) => act({ runIds: [id] }, options));
    const [refused] = unchanged;
    if (refused !== undefined && (refused.status === null || refused.status !== aim[action])) throw refusalOf(refused);
    return get(id);
  };

  const many = async (act: (options: ControlOptions) => Promise<ControlResult>): Promise<ControlledRuns> => {
    const { changed, unchanged } = await control(act);
    const reported = unchanged.slice(0, REPORTED_MAX).map(({ runId, status, reason }) => ({
      runId,
      status,
      code: reason === 'run.not_found' ? ('schedule.not_found' as const) : reason,
    }));
    return { changed, unchanged: reported };
  };

  /** They fit the version that the run starts with, and get its defaults. */
  const checkForStart = async (id: string, parameters: Parameters): Promise<Parameters> => {
    const { workflow, workflowVersion, version } = await get(id);
    const startable =
      version === 'latest' ? await published.load(workflow) : await published.loadVersion(workflow, workflowVersion);
    return checkParameters(startable, parameters, '/parameters');
  };

  return {
    /** Cancels one; one that is cancelled already stays so. @throws Failure `schedule.not_found`, `schedule.started`, `ledger.unavailable` */
    cancel: (id: string): Promise<Schedule> => one(id, 'cancel', ledger.control.cancel),

    /**
     * Lets one start at another time, or with other parameters. @throws Failure `request.invalid`, `parameters.invalid`,
     * `schedule.not_found`, `schedule.started`, `run.ended`, `ledger.unavailable`
     */
    move: async (id: string, input: unknown, asked: Asked): Promise<Schedule> => {
      const { parameters, ...time } = checked(checkMove, input ?? {});
      const move: Move = readMove(time, asked.atMs, false);
      if (parameters !== undefined) move.parameters = await checkForStart(id, parameters);
      return one(id, 'move', (target, options) => ledger.control.move(target, move, options));
    },

    /**
     * Controls all schedules that are named or found. @throws Failure `request.invalid`, `ledger.unavailable`: what was done by
     * then stays done
     */
    many: async (action: ScheduleAction, input: unknown): Promise<ControlledRuns> => {
      const { ids, where, ...given } = checked(action === 'resume' ? checkMany : checkStop, input ?? {});
      const target = readScheduleTarget({ ids, where });
      return many((options) => ledger.control[action](target, { ...options, ...given }));
    },

    /** Moves all that are named or found. @throws Failure `request.invalid`, `ledger.unavailable` */
    moveMany: async (input: unknown, asked: Asked): Promise<ControlledRuns> => {
      const { ids, where, ...time } = checked(checkMoveMany, input ?? {});
      const target = readScheduleTarget({ ids, where });
      const move = readMove(time, asked.atMs, true);
      return many((options) => ledger.control.move(target, move, options));
    },
  };
};
