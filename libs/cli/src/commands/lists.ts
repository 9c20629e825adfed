import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  listItemStatuses,
  listOrders,
  listStatuses,
  type ListInfo,
  type ListItem,
  type ListSettings,
} from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import type { Io } from '../io.ts';
import { shortJson } from '../output/describe-event.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { readDuration } from '../read-duration.ts';
import { parameterOptions, readParameters, readText, type ParameterOptions } from '../read-parameters.ts';
import { oneOf, pageOptions, readNumber, readPage, tellMore, type PageOptions } from './paging.ts';
import { watchProgress } from './watching.ts';

interface CreateOptions extends ParameterOptions {
  items?: string;
  type?: string;
  where?: string;
  as?: string;
  order?: string;
  itemKey?: string;
  concurrency?: string;
  interval?: string;
  gap?: string;
  rate?: string;
  onComplete?: string;
  onItemFailed?: string;
  failurePolicy?: string;
  watch?: boolean;
}

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

/** Runs for each item of a list. */
export const addLists = (define: Define): void => {
  const { command, group } = define;
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
  addCreate(define);
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

const addCreate = ({ command }: Define): void => {
  command<CreateOptions>('lists create <workflow>', {
    does: 'plans one run for each item of a file, or for each thing that fits',
    options: [
      ['--items <file>', 'NDJSON, one item a line, of any length, or a JSON array; - for the standard input'],
      ['--type <type>', 'in place of items: the things of a type'],
      ['--where <json>', 'only those that fit'],
      ['--as <name>', 'the parameter that an item is'],
      ...parameterOptions,
      ['--order <order>', listOrders.join(', ')],
      ['--item-key <expression>', 'what the order byKey goes by'],
      ['--concurrency <number>', 'the most that are under way'],
      ['--interval <duration>', 'between the starts of two'],
      ['--gap <duration>', 'between the end of one and the start of the next'],
      ['--rate <limit/duration>', 'the most starts in a while: 100/1m'],
      ['--failure-policy <policy>', 'continue, stop, or the percentage of failures to stop above: 5%'],
      ['--on-complete <workflow>', 'starts when all have ended'],
      ['--on-item-failed <workflow>', 'starts for each failure'],
      ['--watch', 'how far it is, until it has ended'],
    ],
    action: async (session, options, workflow) => {
      const { client, screen, io } = session;
      session.about('workflow', workflow!);
      if ((options.items === undefined) === (options.type === undefined)) {
        throw commandError('Say either --items or --type.');
      }
      const settings = await readSettings(options, io);
      const admitted = await client.lists.create(workflow!, {
        ...settings,
        ...(options.items === undefined
          ? { query: { type: options.type!, ...(options.where && { where: readWhere(options.where) }) } as never }
          : { items: await readItems(options.items, io) }),
      });
      if (options.watch !== true || !screen.isJson) screen.answer(admitted, admitted.listId);
      if (options.watch === true) return watchProgress(session, admitted.listId);
      screen.note(`${admitted.total} items; nightshift progress ${admitted.listId} --watch`);
    },
  });
};

const readWhere = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw commandError(`--where is not JSON: ${(error as Error).message}`, { cause: error });
  }
};

const readSettings = async (options: CreateOptions, io: Io): Promise<ListSettings> => {
  const { as, itemKey, concurrency, interval, gap, rate, onComplete, onItemFailed, failurePolicy } = options;
  const order = oneOf(listOrders, options.order, '--order');
  const hasParameters = options.p !== undefined || options.parameters !== undefined;
  return {
    ...(as && { as }),
    ...(hasParameters && { parameters: await readParameters(options, io) }),
    ...(order && { order }),
    ...(itemKey && { key: itemKey }),
    ...(concurrency && { concurrency: readNumber(concurrency, '--concurrency') }),
    ...(interval && { interval: readDuration(interval) }),
    ...(gap && { gap: readDuration(gap) }),
    ...(rate && { rate: readRate(rate) }),
    ...(failurePolicy && { failurePolicy: readPolicy(failurePolicy) }),
    ...(onComplete && { onComplete }),
    ...(onItemFailed && { onItemFailed }),
  } as ListSettings;
};

const readPolicy = (text: string): ListSettings['failurePolicy'] =>
  text.endsWith('%')
    ? { stopAbovePercent: readNumber(text.slice(0, -1), '--failure-policy') }
    : oneOf(['continue', 'stop'] as const, text, '--failure-policy');

const readRate = (text: string): ListSettings['rate'] => {
  const [limit = '', per = ''] = text.split('/');
  return { limit: readNumber(limit, '--rate'), per: readDuration(per) };
};

/** An array as it is; everything else line by line, as it is read, so that no length is too long. */
const readItems = async (file: string, io: Io): Promise<unknown[] | AsyncIterable<unknown>> => {
  if (file.endsWith('.json')) {
    const value = JSON.parse(await readText(file, io)) as unknown;
    if (Array.isArray(value)) return value;
    throw commandError(`${file} holds no array.`);
  }
  return linesOf(file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file)), file);
};

async function* linesOf(input: NodeJS.ReadableStream, file: string): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number++;
    if (line.trim() === '') continue;
    let item: unknown;
    try {
      item = JSON.parse(line);
    } catch (error) {
      throw commandError(`${file}:${number}: ${(error as Error).message}`, { cause: error });
    }
    yield item;
  }
}
