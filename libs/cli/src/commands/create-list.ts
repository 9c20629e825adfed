import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { listOrders, type ListSettings } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import type { Io } from '../io.ts';
import { readDuration } from '../read-duration.ts';
import { parameterOptions, readParameters, readText, type ParameterOptions } from '../read-parameters.ts';
import { readRate } from '../read-rate.ts';
import { oneOf, readNumber } from './paging.ts';
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

/** Starts a run for each item of a file, or for each thing that fits. */
export const addCreateList = ({ command }: Define): void => {
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
