import type { ActingUser, ListBody } from '@nightshift/contracts';
import type { Readable } from 'node:stream';
import type { AskData } from '../things/ask-data.ts';
import type { ItemCheck } from './item-check.ts';
import { readFound } from './read-found.ts';
import { readLines } from './read-lines.ts';

type Check = ItemCheck['check'];

/** The items of the body, each checked when it is its turn. */
export function* givenItems(items: readonly unknown[], check: Check): Generator<unknown> {
  for (const [index, item] of items.entries()) {
    check(item, index, `item ${index}`);
    yield item;
  }
}

/** The items of an NDJSON upload, each checked as it arrives. */
export async function* uploadedItems(stream: Readable, check: Check): AsyncGenerator<unknown> {
  let index = 0;
  for await (const { number, value } of readLines(stream)) {
    check(value, index++, `line ${number}`);
    yield value;
  }
}

/** The things that a search finds, each checked as it is read. */
export async function* foundItems(
  askData: AskData,
  query: NonNullable<ListBody['query']>,
  check: Check,
  as: { as?: ActingUser },
): AsyncGenerator<unknown> {
  let index = 0;
  for await (const thing of readFound(askData, query, as)) {
    check(thing, index++, `${query.type} ${thing.id}`);
    yield thing;
  }
}
