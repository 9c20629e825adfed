import {
  ChangeThingsBodySchema,
  compileSchema,
  CopyThingsBodySchema,
  DeleteThingsBodySchema,
  Failure,
  type BulkResult,
  type DataRequest,
  type SearchResult,
  type Where,
} from '@nightshift/contracts';
import { actsAs, originOf, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { AskData } from './ask-data.ts';

const checkChange = compileSchema(ChangeThingsBodySchema);
const checkDelete = compileSchema(DeleteThingsBodySchema);
const checkCopy = compileSchema(CopyThingsBodySchema);

type Change = Extract<DataRequest, { action: 'changeList' | 'deleteList' | 'copy' }>;
interface Which {
  ids?: string[];
  where?: Where;
}

/** A condition that finds what is chosen. @throws Failure `request.invalid` unless it is exactly one of the two */
const conditionOf = ({ ids, where }: Which): Where => {
  if (ids !== undefined && where === undefined) return { id: { in: ids } };
  if (ids === undefined && where !== undefined) return where;
  const detail = ids === undefined ? 'is required, unless there are ids' : 'cannot be beside ids: say one of the two';
  throw new Failure('request.invalid', { detail: `where ${detail}`, errors: [{ pointer: '/where', detail }] });
};

/**
 * Changes of many things, all of them or none, with as much time as a deployment gives them. Each throws what the data service refuses
 * with, `things.timeout` among it.
 */
export const makeBulkHandlers = (ask: AskData) => {
  const change = (request: Change, asked: Asked): Promise<BulkResult> => {
    const { effectKey } = asked;
    return ask({
      ...request,
      ...actsAs(asked),
      ...(effectKey !== undefined && { key: effectKey }),
      origin: originOf(asked),
    });
  };
  const count = async (type: string, which: Which, asked: Asked): Promise<number> => {
    const search = { where: conditionOf(which), limit: 1, count: true };
    return (await ask<SearchResult>({ action: 'search', type, search, ...actsAs(asked) })).count!;
  };
  return {
    change: async (type: string, body: unknown, asked: Asked): Promise<BulkResult & { dryRun?: true }> => {
      const { dryRun, ...rest } = checked(checkChange, body ?? {});
      if (dryRun === true) return { changed: await count(type, rest, asked), dryRun };
      return change({ action: 'changeList', type, ...rest }, asked);
    },
    delete: async (type: string, body: unknown, asked: Asked): Promise<BulkResult & { dryRun?: true }> => {
      const { dryRun, ...rest } = checked(checkDelete, body ?? {});
      if (dryRun === true) return { deleted: await count(type, rest, asked), dryRun };
      return change({ action: 'deleteList', type, ...rest }, asked);
    },
    copy: async (type: string, body: unknown, asked: Asked): Promise<BulkResult & { dryRun?: true }> => {
      const { dryRun, ...rest } = checked(checkCopy, body ?? {});
      if (dryRun === true) return { copied: await count(type, rest, asked), ids: [], dryRun };
      return change({ action: 'copy', type, ...rest }, asked);
    },
  };
};

export type BulkHandlers = ReturnType<typeof makeBulkHandlers>;
