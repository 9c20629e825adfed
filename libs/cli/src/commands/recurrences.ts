import { runStatuses, type ChainView, type Recurrence, type RecurrenceBody } from '@nightshift/contracts';
import type { Define } from '../define.ts';
import { shortJson } from '../output/describe-event.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { readDuration } from '../read-duration.ts';
import { parameterOptions, readObject, readParameters, readText, type ParameterOptions } from '../read-parameters.ts';
import { oneOf, pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

interface SetOptions extends ParameterOptions {
  file?: string;
  every?: string;
  cron?: string;
  timeZone?: string;
  misfire?: string;
  overlap?: string;
}

const when = ({ every, cron, calendar, timeZone }: Recurrence): string =>
  [cron ?? shortJson(every ?? calendar, 60), timeZone ?? ''].join(' ').trim();

const columns = (nowMs: number): Column<Recurrence>[] => [
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'key', of: ({ key }) => key },
  { title: 'when', of: when },
  { title: 'next', of: ({ next, paused }) => (paused ? 'paused' : relativeTime(next[0], nowMs)) },
];

const chainColumns = (nowMs: number): Column<ChainView>[] => [
  { title: 'chain', of: ({ id }) => id },
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'status', of: ({ status }) => status },
  { title: 'cycle', of: ({ iteration }) => iteration, isRight: true },
  { title: 'requested', of: ({ requestedAt }) => relativeTime(requestedAt, nowMs) },
];

/** What runs again and again: recurrences, and chains. */
export const addRecurrences = (define: Define): void => {
  const { command, group } = define;
  group('recurrences', 'runs again and again');
  command<PageOptions & { workflow?: string }>('recurrences list', {
    does: 'all of them',
    options: [['--workflow <name>', 'of one workflow'], ...pageOptions],
    action: async ({ client, screen }, options) => {
      const { workflow } = options;
      const page = await client.recurrences.search({ ...(workflow && { workflow }), ...readPage(options) });
      screen.table(columns(Date.now()), page.items, page);
      tellMore(screen, page);
    },
  });
  command('recurrences get <workflow> <key>', {
    does: 'one, with its next moments',
    action: async ({ client, screen }, _options, workflow, key) => {
      const recurrence = await client.recurrences.get(workflow!, key!);
      screen.answer(recurrence, `${when(recurrence)}\nnext ${recurrence.next.join('\n     ')}`);
    },
  });
  command<SetOptions>('recurrences set <workflow> <key>', {
    does: 'sets or replaces one',
    options: [
      ['--every <duration>', 'every so long: 10s, 1h'],
      ['--cron <fields>', 'by cron: "0 8 * * 1-5"'],
      ['--time-zone <zone>', 'whose clocks count: Europe/Berlin'],
      ['--misfire <what>', 'what becomes of moments that were missed: skip, once, all'],
      ['--overlap <what>', 'while the run before goes on: skip, queue, parallel, cancelPrevious'],
      ['--file <file>', 'all that it can have, as JSON or YAML; - for the standard input'],
      ...parameterOptions,
    ],
    action: async (session, { file, every, cron, timeZone, misfire, overlap, ...given }, workflow, key) => {
      session.about('workflow', workflow!);
      const whole = file === undefined ? {} : readObject(await readText(file, session.io), file);
      const parameters = await readParameters(given, session.io);
      const body = {
        ...whole,
        ...(every && { every: readDuration(every) }),
        ...(cron && { cron }),
        ...(timeZone && { timeZone }),
        ...(misfire && { misfire }),
        ...(overlap && { overlap }),
        ...(Object.keys(parameters).length > 0 && { parameters }),
      } as RecurrenceBody;
      const set = await session.client.recurrences.put(workflow!, key!, body);
      session.screen.answer(set, `next at ${set.next.slice(0, 3).join(', ')}`);
    },
  });
  command('recurrences remove <workflow> <key>', {
    does: 'ends one; runs that it has started go on',
    action: async ({ client, screen }, _options, workflow, key) => {
      await client.recurrences.delete(workflow!, key!);
      screen.note(`${workflow}/${key} is removed.`);
    },
  });
  for (const [action, does] of [
    ['pause', 'starts no run until it is resumed'],
    ['resume', 'lets it go on'],
  ] as const) {
    command(`recurrences ${action} <workflow> <key>`, {
      does,
      action: async ({ client, screen }, _options, workflow, key) => {
        const recurrence = await client.recurrences[action](workflow!, key!);
        screen.answer(recurrence, recurrence.paused ? 'paused' : `next at ${recurrence.next[0] ?? 'no time'}`);
      },
    });
  }
  addChains(define);
};

const addChains = ({ command, group }: Define): void => {
  group('chains', 'runs that schedule their own successor');
  command<PageOptions & { workflow?: string; status?: string }>('chains list', {
    does: 'chains, the newest first',
    options: [['--workflow <name>', 'of one workflow'], ['--status <status>', runStatuses.join(', ')], ...pageOptions],
    action: async ({ client, screen }, options) => {
      const status = oneOf(runStatuses, options.status, '--status');
      const page = await client.chains.search({ workflow: options.workflow, status, ...readPage(options) });
      screen.table(chainColumns(Date.now()), page.items, page);
      tellMore(screen, page);
    },
  });
  for (const [action, does] of [
    ['cancel', 'ends one'],
    ['pause', 'holds one before its next cycle'],
    ['resume', 'lets one go on'],
  ] as const) {
    command(`chains ${action} <chain>`, {
      does,
      action: async ({ client, screen }, _options, id) => {
        const answer = await client.chains[action](id!);
        screen.answer(
          answer,
          `${id} is ${action === 'pause' ? 'held' : action === 'resume' ? 'going on' : 'cancelled'}`,
        );
      },
    });
  }
};
