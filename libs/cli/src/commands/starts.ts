import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import type { Define } from '../define.ts';
import { followRun } from './follow-run.ts';

interface RunOptions extends ParameterOptions {
  wait?: boolean;
  watch?: boolean;
  verbose?: boolean;
  idempotencyKey?: string;
}

/** Commands that have a workflow run at once. */
export const addStarts = ({ command }: Define): void => {
  command<RunOptions>('run <workflow>', {
    does: 'starts a run; with --wait or --watch ends as the run does',
    options: [
      ...parameterOptions,
      ['-w, --wait', 'waits for the end, and says what it returned'],
      ['--watch', 'the same, and shows every step as it happens'],
      ['-v, --verbose', 'with what went into steps and came out'],
      ['--idempotency-key <key>', 'the same command with the same key starts nothing more'],
    ],
    action: async (session, { wait, watch = false, verbose = false, idempotencyKey, ...given }, workflow) => {
      session.about('workflow', workflow!);
      const parameters = await readParameters(given, session.io);
      const { client, screen } = session;
      const started = await client.runs.start(workflow!, parameters, { ...(idempotencyKey && { idempotencyKey }) });
      const { runId } = started;
      if (wait !== true && !watch) return screen.answer(started, runId);
      screen.note(`Run ${runId} of ${workflow}`);
      return followRun(session, runId, { isShown: watch, isVerbose: verbose });
    },
  });
};
