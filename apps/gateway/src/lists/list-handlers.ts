import { compileSchema, ListBodySchema, type AdmittedList } from '@nightshift/contracts';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { actsAs, type Asked } from '../door/asked.ts';
import { notAllowed } from '../door/assert-may.ts';
import { checked, refusal } from '../door/checked.ts';
import type { Grant } from '../door/grant.ts';
import type { AskData } from '../things/ask-data.ts';
import { makeAdmitList, type AdmitListDeps } from './admit-list.ts';
import { makeControlList, type ControlListDeps } from './control-list.ts';
import { assertHooks } from './assert-hooks.ts';
import { endWhenStalled } from './end-when-stalled.ts';
import { makeFailuresCsv } from './failures-csv.ts';
import { foundItems, givenItems, uploadedItems } from './items-of.ts';
import { makeGetList, makeGetListItems, makeSearchLists } from './read-lists.ts';
import { consistent, readSettings } from './read-settings.ts';

export type ListHandlersDeps = AdmitListDeps & ControlListDeps & { askData: AskData };

/** Who asks for a list, and what else he may start. */
export interface ListAsked {
  asked: Asked;
  grant: Grant;
}

const checkBody = compileSchema(ListBodySchema);

export const makeListHandlers = (deps: ListHandlersDeps) => {
  const admit = makeAdmitList(deps);
  return {
    /** A list whose items, or the search that finds them, are in the body. */
    create: async (workflow: string, body: unknown, { asked, grant }: ListAsked): Promise<AdmittedList> => {
      const { items, query, ...settings } = checked(checkBody, body ?? {});
      if ((items === undefined) === (query === undefined)) {
        throw refusal('request.invalid', [{ pointer: '', detail: 'must have exactly one of items and query' }]);
      }
      assertHooks(grant, settings);
      // A search reads things, as whom the rules bind or with the role for it.
      if (query !== undefined && grant.role === null && asked.caller?.user === undefined)
        throw notAllowed(grant, 'viewer');
      return admit({
        workflow,
        settings: consistent(settings),
        asked,
        items: (check) =>
          query === undefined ? givenItems(items ?? [], check) : foundItems(deps.askData, query, check, actsAs(asked)),
      });
    },
    /** A list whose items arrive line by line. */
    upload: async (
      workflow: string,
      query: Record<string, string | string[] | undefined>,
      stream: Readable,
      { raw, asked, grant }: ListAsked & { raw: IncomingMessage },
    ): Promise<AdmittedList> => {
      const stopWatch = endWhenStalled(raw);
      try {
        const settings = readSettings(query);
        assertHooks(grant, settings);
        return await admit({
          workflow,
          settings,
          asked,
          items: (check) => uploadedItems(stream, check),
        });
      } finally {
        stopWatch();
        // What was not read is dropped: left where it is, it would stand before the connection's next request.
        stream.resume();
      }
    },
    get: makeGetList(deps),
    search: makeSearchLists(deps),
    items: makeGetListItems(deps),
    failuresCsv: makeFailuresCsv(deps),
    ...makeControlList(deps),
  };
};

export type ListHandlers = ReturnType<typeof makeListHandlers>;
