import { runStatuses, type Schedule } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { readDuration } from '../read-duration.ts';
import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import { oneOf, pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

interface WhenOptions {
  at?: string;
  in?: string;
  by?: string;
}

interface SearchOptions extends PageOptions {
  workflow?: string;
  status?: string;
  scheduleKey?: string;
  dueAfter?: string;
  dueBefore?: string;
}

const atOptions = [
  ['--at <time>', 'a moment: 2027-01-31T08:00:00+01:00'],
  ['--in <duration>', 'a while from now: 90s, 2h30m, 3d'],
] as const;

const columns = (nowMs: number): Column<Schedule>[] => [
  { title: 'schedule', of: ({ scheduleId }) => scheduleId },
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'status', of: ({ status }) => status },
  { title: 'due', of: ({ dueAt }) => relativeTime(dueAt, nowMs) },
  { title: 'at', of: ({ dueAt }) => dueAt },
  { title: 'key', of: ({ key }) => key },
];

/** Exactly one of the words for a moment. @throws CommandError */
const readWhen = ({ at, in: after, by }: WhenOptions) => {
  if ([at, after, by].filter((given) => given !== undefined).length > 1) {
    throw commandError('Say one moment, not several.');
  }
  return {
    ...(at !== undefined && { at }),
    ...(after !== undefined && { in: readDuration(after) }),
    ...(by !== undefined && { by: readDuration(by) }),
  };
};

/** Runs that are planned for a moment. */
export const addSchedules = ({ command, group }: Define): void => {
  group('schedules', 'runs that are planned for a moment');
  command<SearchOptions>('schedules list', {
    does: 'those that wait, in the order in which they are due',
    options: [
      ['--workflow <name>', 'of one workflow'],
      ['--status <status>', `any, ${runStatuses.join(', ')}`],
      ['--schedule-key <key>', 'with a key'],
      ['--due-after <time>', 'that are due after a time'],
      ['--due-before <time>', 'that are due before a time'],
      ...pageOptions,
    ],
    action: async ({ client, screen }, options) => {
      const { workflow, scheduleKey: key, dueAfter, dueBefore } = options;
      const status = oneOf(['any', ...runStatuses] as const, options.status, '--status');
      const page = await client.schedules.list({ workflow, status, key, dueAfter, dueBefore, ...readPage(options) });
      screen.table(columns(Date.now()), page.items, page);
      tellMore(screen, page);
    },
  });
  command('schedules get <schedule>', {
    does: 'one of them',
    action: async ({ client, screen }, _options, id) => {
      const schedule = await client.schedules.get(id!);
      screen.answer(schedule, JSON.stringify(schedule, null, 2));
    },
  });
  command<ParameterOptions & WhenOptions & { scheduleKey?: string; latest?: boolean; idempotencyKey?: string }>(
    'schedules create <workflow>',
    {
      does: 'plans one run',
      options: [
        ...atOptions,
        ...parameterOptions,
        ['--schedule-key <key>', 'your own name for it: one waits under it at a time'],
        ['--latest', 'by the version that is published then'],
        ['--idempotency-key <key>', 'the same command with the same key plans nothing more'],
      ],
      action: async (session, { scheduleKey: key, latest, idempotencyKey, ...given }, workflow) => {
        session.about('workflow', workflow!);
        const when = readWhen(given);
        if (Object.keys(when).length === 0) throw commandError('When?', { advice: '--in 10m, or --at with a moment' });
        const parameters = await readParameters(given, session.io);
        const scheduled = await session.client.schedules.create(
          workflow!,
          { ...when, parameters, ...(key && { key }), ...(latest && { version: 'latest' as const }) },
          { ...(idempotencyKey && { idempotencyKey }) },
        );
        session.screen.note(`Due at ${scheduled.dueAt}, ${relativeTime(scheduled.dueAt, Date.now())}`);
        session.screen.answer(scheduled, scheduled.scheduleId);
      },
    },
  );
  command<ParameterOptions & WhenOptions>('schedules move <schedule>', {
    does: 'moves one to another moment, or gives it other parameters',
    options: [...atOptions, ['--by <duration>', 'later by a while'], ...parameterOptions],
    action: async ({ client, screen, io }, given, id) => {
      const hasParameters = given.p !== undefined || given.parameters !== undefined;
      const moved = await client.schedules.move(id!, {
        ...readWhen(given),
        ...(hasParameters && { parameters: await readParameters(given, io) }),
      });
      screen.answer(moved, `${moved.scheduleId}  ${moved.status}, due at ${moved.dueAt}`);
    },
  });
  command<object, [string[]]>('schedules cancel <schedule...>', {
    does: 'has them never start',
    action: async ({ client, screen }, _options, ids) => {
      for (const id of ids) {
        const cancelled = await client.schedules.cancel(id);
        screen.answer(cancelled, `${cancelled.scheduleId}  ${cancelled.status}`);
      }
    },
  });
};
