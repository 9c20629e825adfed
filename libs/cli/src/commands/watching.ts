import { isFinal, type Progress, type RunEventType } from '@nightshift/contracts';
import type { Define } from '../define.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { progressBar } from '../output/progress-bar.ts';
import type { Session } from '../session.ts';
import { assertReachable } from './assert-reachable.ts';
import { exitCodeOf, followRun, showEvent, sinceFirst } from './follow-run.ts';

interface EventsOptions {
  workflow?: string;
  run?: string;
  list?: string;
  chain?: string;
  type?: string[];
  filter?: string;
  after?: string;
  verbose?: boolean;
}

/** Commands that show what happens. */
export const addWatching = ({ command }: Define): void => {
  command<{ follow?: boolean; verbose?: boolean }>('logs <run>', {
    does: 'the history of a run: its steps, their attempts, and what they logged',
    options: [
      ['-f, --follow', 'goes on until the run ends, and ends as it does'],
      ['-v, --verbose', 'with what went into steps and came out'],
    ],
    action: async (session, { follow, verbose = false }, id) => {
      if (follow === true) {
        await assertReachable(session.client);
        return followRun(session, id!, { isShown: true, isVerbose: verbose });
      }
      return showHistory(session, id!, verbose);
    },
  });

  command<EventsOptions>('events', {
    does: 'run events as they happen, until Ctrl-C; with --json one in each line',
    options: [
      ['-f, --follow', 'there is nothing else to do, so it can be left out'],
      ['--workflow <name>', 'of one workflow'],
      ['--type <type>...', 'of one type, such as RunFailed'],
      ['--run <id>', 'of one run, also those of the past; ends with it'],
      ['--list <id>', 'of the items of a list'],
      ['--chain <id>', 'of the runs of a chain, by the id of its first one'],
      [
        '--filter <expression>',
        "only those for which it is true: event.type = 'StepFailed' and event.data.attempt > 2",
      ],
      ['--after <id>', 'goes on after an event'],
      ['-v, --verbose', 'with what went into steps and came out'],
    ],
    action: async (
      { client, screen, signal },
      { workflow, run, list, chain, type, filter, after, verbose = false },
    ) => {
      await assertReachable(client);
      const following = client.events({
        ...(workflow && { workflow }),
        ...(run && { run }),
        ...(list && { list }),
        ...(chain && { chain }),
        signal,
        ...(type && { type: type as RunEventType[] }),
        ...(filter !== undefined && { filter }),
        ...(after !== undefined && { lastEventId: after }),
      });
      for await (const { id, event } of following) {
        if (screen.isJson) screen.json({ id, ...event });
        else showEvent(screen, event, { when: `${event.at}  ${event.workflow}  ${event.runId}`, isVerbose: verbose });
      }
      return signal.aborted ? exitCodes.interrupted : exitCodes.done;
    },
  });

  command<{ watch?: boolean }>('progress <id>', {
    does: 'how far a run, list, chain or import is',
    options: [['--watch', 'until it has ended, and ends as it does']],
    action: async (session, { watch }, id) => {
      if (watch === true) {
        await assertReachable(session.client);
        return watchProgress(session, id!);
      }
      const progress = await session.client.progress.get(id!);
      session.screen.answer(progress, progressBar(progress, Date.now()));
    },
  });
};

const showHistory = async ({ client, screen }: Session, id: string, isVerbose: boolean): Promise<void> => {
  const events = await client.runs.events(id);
  if (screen.isJson) return events.forEach((event) => screen.json(event));
  const when = sinceFirst();
  for (const event of events) showEvent(screen, event, { when: when(event.at), isVerbose });
  const { items: children, nextCursor } = await client.runs.search({ parent: id, limit: 20 });
  for (const { id: child, workflow, status, cause } of children.toReversed()) {
    screen.line(`${cause.kind === 'call' ? 'called' : 'started'} run ${child} of ${workflow}: ${status}`);
  }
  if (nextCursor !== null) screen.note(`It has started more: nightshift api GET '/v1/runs?parent=${id}'`);
};

/** Draws how far it is until it has ended: over itself on a terminal, elsewhere a line for each tenth. */
export const watchProgress = async (session: Session, id: string): Promise<ExitCode> => {
  const { client, screen, signal } = session;
  let last: Progress | undefined;
  let shownTenth = -1;
  for await (const { progress } of client.progress.follow(id, { signal })) {
    last = progress;
    const tenth = Math.floor((progress.percent ?? 0) / 10);
    if (screen.isJson) screen.json(progress);
    else if (screen.isTerminal) screen.status(progressBar(progress, Date.now()));
    else if (tenth > shownTenth) screen.note(progressBar(progress, Date.now()));
    shownTenth = Math.max(tenth, shownTenth);
  }
  if (signal.aborted) {
    screen.status('');
    screen.note(`It goes on. To look again: nightshift progress ${id} --watch`);
    return exitCodes.interrupted;
  }
  last = last === undefined || !isFinal(last.status) ? await client.progress.get(id) : last;
  if (!screen.isJson) {
    screen.status('');
    screen.line(
      `${last.status}: ${last.succeeded} succeeded, ${last.failed} failed, ${last.cancelled} cancelled, of ${last.total ?? '?'}`,
    );
  }
  return exitCodeOf(last.status);
};
