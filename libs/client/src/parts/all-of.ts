import type { Page } from '@nightshift/contracts';

/** Everything that a search finds, page after page, each read when it is come to. */
export async function* allOf<Item>(
  read: (cursor: string | undefined) => Promise<Pick<Page<Item>, 'items'> & { nextCursor?: string | null }>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null | undefined;
  do {
    const page = await read(cursor ?? undefined);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor != null);
}
