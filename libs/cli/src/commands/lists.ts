import { listItemStatuses, listStatuses, type ListInfo, type ListItem } from '@nightshift/contracts';
import type { Define } from '../define.ts';
import { shortJson } from '../output/describe-event.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { oneOf, pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';
import { watchProgress } from './watching.ts';

const columns = (nowMs: number): Column<ListInfo>[] => [
  { title: 'list', of: ({ id }) => id },
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'status', of: ({ status }) => status },
  { title: 'done', of: ({ done }) => done, isRight: true },
  { title: 'total', of: ({ total }) => total, isRight: true },
  { title: 'failed', of: ({ failed }) => failed, isRight: true },
  { title: 'requested', of: ({ requestedAt }) => relativeTime(requestedAt, nowMs) },
];

const itemColumns: Column<ListItem>[] = [
  { title: 'index', of: ({ index }) => index, isRight: true },
  { title: 'status', of: ({ status }) => status },
  { title: 'run', of: ({ runId }) => runId },
  { title: 'item', of: ({ item }) => shortJson(item, 60) },
];

/** Lists that are there. */
export const addLists = ({ command, group }: Define): void => {
  group('lists', 'one run for each of many items');
  command<PageOptions & { workflow?: string; status?: string }>('lists list', {
    does: 'lists, the newest first',
    options: [['--workflow <name>', 'of one workflow'], ['--status <status>', listStatuses.join(', ')], ...pageOptions],
    action: async ({ client, screen }, options) => {
      const status = oneOf(listStatuses, options.status, '--status');
      const page = await client.lists.search({ workflow: options.workflow, status, ...readPage(options) });
      screen.table(columns(Date.now()), page.items, page);
      tellMore(screen, page);
    },
  });
  command<{ watch?: boolean }>('lists get <list>', {
    does: 'one list',
    options: [['--watch', 'how far it is, until it has ended']],
    action: async (session, { watch }, id) => {
      if (watch === true) return watchProgress(session, id!);
      const list = await session.client.lists.get(id!);
      session.screen.table(columns(Date.now()), [list], list);
    },
  });
  command<PageOptions & { status?: string }>('lists items <list>', {
    does: 'its items, in order',
    options: [['--status <status>', listItemStatuses.join(', ')], ...pageOptions],
    action: async ({ client, screen }, options, id) => {
      const status = oneOf(listItemStatuses, options.status, '--status');
      const page = await client.lists.items(id!, {
        ...(status && { status: status as ListItem['status'] }),
        ...readPage(options),
      });
      screen.table(itemColumns, page.items, page);
      tellMore(screen, page);
    },
  });
  for (const [action, does] of [
    ['pause', 'starts no item until it is resumed'],
    ['resume', 'lets it go on'],
    ['cancel', 'starts no further item'],
  ] as const) {
    command(`lists ${action} <list>`, {
      does,
      action: async ({ client, screen }, _options, id) => {
        const list = await client.lists[action](id!);
        screen.answer(list, `${list.id}  ${list.status}`);
      },
    });
  }
  command('lists retry-failed <list>', {
    does: 'lets all failed items go on at the step that failed',
    action: async ({ client, screen }, _options, id) => {
      const answer = await client.lists.retryFailed(id!);
      screen.answer(answer, `${answer.changed} go on`);
    },
  });
};
