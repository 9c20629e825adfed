import type { Database } from '../database.ts';
import { admitList, type AdmitList } from './admit.ts';
import { makeListControl, type ListControl } from './control.ts';
import { handOutList, type HandedOut } from './hand-out.ts';
import { makeListItems, type ListItems } from './items.ts';
import { makeListViews, type ListViews } from './views.ts';

/** Lists of items, each of which becomes a run of its own. */
export interface Lists extends ListViews, ListItems, ListControl {
  /**
   * Admits a list whole or not at all, its items read as a stream. One whose id is there already stays as it is, and its items are not read.
   * @returns the number of items
   */
  admit(list: AdmitList): Promise<number>;
  /**
   * Starts as many items as the list's pacing allows, or ends the list after its last item. Undefined when another
   * scheduler is at it or it has ended. What it says is committed: the caller tells the others.
   */
  handOut(listId: string, now: Date): Promise<HandedOut | undefined>;
}

export const makeLists = (database: Database): Lists => ({
  ...makeListViews(database),
  ...makeListItems(database),
  ...makeListControl(database),
  admit: (list) => admitList(database, list),
  handOut: (listId, now) => handOutList(database, listId, now),
});
