import type { ActingUser, ListBody, SearchResult, Thing } from '@nightshift/contracts';
import type { AskData } from '../things/ask-data.ts';

/** Larger pages save round trips; what would not fit into a message comes in smaller ones by itself. */
const PAGE_MOST = 500;

/**
 * Everything that a search finds, page after page, however much it is. Things that come or go meanwhile may or may not be in it.
 * @throws Failure what the data service refuses with
 */
export async function* readFound(
  askData: AskData,
  { type, where, sort }: NonNullable<ListBody['query']>,
  as: { as?: ActingUser } = {},
): AsyncGenerator<Thing> {
  let cursor: string | undefined;
  do {
    const page: SearchResult = await askData<SearchResult>({
      action: 'search',
      type,
      ...as,
      search: {
        limit: PAGE_MOST,
        ...(where !== undefined && { where }),
        ...(sort !== undefined && { sort }),
        ...(cursor !== undefined && { cursor }),
      },
    });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
