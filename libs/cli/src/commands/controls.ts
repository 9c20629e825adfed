import { runStatuses, type RunStatus } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import { confirm } from '../connection/read-secret.ts';
import type { Define } from '../define.ts';
import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import type { Session } from '../session.ts';
import { oneOf } from './paging.ts';

interface ControlOptions {
  workflow?: string;
  status?: string;
  yes?: boolean;
  reason?: string;
}

const targetOptions = [
  ['--workflow <name>', 'all runs of a workflow, in place of single ones'],
  ['--status <status>', 'only those that are in this status'],
  ['-y, --yes', 'asks nothing'],
] as const;
const reasonOption = ['--reason <text>', "kept in the run's history"] as const;

/** Commands that change what becomes of runs. */
export const addControls = ({ command }: Define): void => {
  for (const [action, does] of [
    ['cancel', 'ends runs'],
    ['pause', 'holds runs where they are'],
    ['resume', 'lets paused runs go on'],
    ['retry', 'lets failed runs go on at the step that failed'],
  ] as const) {
    const hasReason = action === 'cancel' || action === 'pause';
    command<ControlOptions, [string[]]>(`${action} [run...]`, {
      does,
      options: hasReason ? [reasonOption, ...targetOptions] : targetOptions,
      action: (session, options, ids) => control(session, action, options, ids),
    });
  }
  command<ParameterOptions & { from?: string }>('replay <run>', {
    does: 'starts a new run like another one, or like its rest from a step on',
    options: [['--from <step>', 'the step to begin with'], ...parameterOptions],
    action: async ({ client, screen, io }, { from, ...given }, id) => {
      const hasParameters = given.p !== undefined || given.parameters !== undefined;
      const parameters = hasParameters ? await readParameters(given, io) : undefined;
      const started = await client.runs.replay(id!, {
        ...(from && { fromStep: from }),
        ...(parameters && { parameters }),
      });
      screen.answer(started, started.runId);
    },
  });
};

const control = async (
  session: Session,
  action: 'cancel' | 'pause' | 'resume' | 'retry',
  { workflow, status: statusText, yes, reason }: ControlOptions,
  ids: readonly string[],
) => {
  const { client, screen, io } = session;
  if (ids.length > 0) {
    if (workflow !== undefined) throw commandError('Name runs or a workflow, not both.');
    for (const id of ids) {
      const run = await client.runs[action](id, reason === undefined ? {} : { reason });
      screen.answer(run, `${run.id}  ${run.status}`);
    }
    return;
  }
  if (workflow === undefined) {
    throw commandError('Which runs?', { advice: `nightshift ${action} <run>, or --workflow for all of a workflow` });
  }
  const status = oneOf(runStatuses, statusText, '--status') ?? usualStatus[action];
  const where = { workflow, ...(status !== undefined && { status }) };
  const which = `all ${status === undefined ? '' : `${status} `}runs of ${workflow}`;
  if (yes !== true && !(await confirm(io, `${action} ${which}?`))) {
    throw commandError(`Nothing is done to ${which}.`, { advice: '--yes does it without asking.' });
  }
  const answer = await client.runs[`${action}Many`]({ where }, reason === undefined ? {} : { reason });
  const { changed, unchanged } = answer;
  screen.answer(answer, `${changed} changed${unchanged.length > 0 ? `, ${unchanged.length} could not be` : ''}`);
};

const usualStatus: Partial<Record<string, RunStatus>> = { resume: 'paused', retry: 'failed' };
