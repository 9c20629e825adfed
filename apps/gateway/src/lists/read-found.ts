import { Failure, type ActingUser, type ListBody, type SearchResult, type Thing } from '@nightshift/contracts';
import type { AskData } from '../things/ask-data.ts';

/** Larger pages save round trips until they no longer fit into a message. */
const PAGE_MOST = 500;

const isTooLarge = (error: unknown): boolean =>
  error instanceof Failure && (error.code === 'http.too_large' || error.code === 'request.too_large');

/**
 * Everything that a search finds, page after page, however much it is. Things that come or go meanwhile may or may not be in it.
 * @throws Failure what the data service refuses with
 */
export async function* readFound(
  askData: AskData,
  { type, where, sort }: NonNullable<ListBody['query']>,
  as: { as?: ActingUser } = {},
): AsyncGenerator<Thing> {
  let limit = PAGE_MOST;
  let cursor: string | undefined;
  do {
    let page: SearchResult;
    try {
      page = await askData<SearchResult>({
        action: 'search',
        type,
        ...as,
        search: {
          limit,
          ...(where !== undefined && { where }),
          ...(sort !== undefined && { sort }),
          ...(cursor !== undefined && { cursor }),
        },
      });
    } catch (error) {
      if (!isTooLarge(error) || limit === 1) throw error;
      limit = Math.ceil(limit / 8);
      continue;
    }
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
    if (cursor === undefined) return;
  } while (true);
}
