import {
  compileSchema,
  FollowedEventsSchema,
  runEventData,
  type FollowedEvents,
  type RunEventType,
  type RunFeedEvent,
} from '@nightshift/contracts';
import { nearestWord } from '@nightshift/workflow-core';
import { checked, refusal } from '../door/checked.ts';
import type { EventCondition, ReadCondition } from './event-conditions.ts';
import type { FeedKey } from './feed-listeners.ts';

/** Which run events somebody wants: those that fit everything given, and one of the values of each. */
export interface EventFilter {
  runId?: string;
  listIds?: readonly string[];
  chainIds?: readonly string[];
  workflows?: readonly string[];
  types?: ReadonlySet<RunEventType>;
  condition?: EventCondition;
}

const check = compileSchema(FollowedEventsSchema);

const isEventType = (type: string): type is RunEventType => Object.hasOwn(runEventData, type);

const several = (values: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof values === 'string' ? [values] : values;

const readTypes = (types: readonly string[]): Set<RunEventType> => {
  const wrong = types.find((type) => !isEventType(type));
  if (wrong === undefined) return new Set(types.filter(isEventType));
  const suggestion = nearestWord(wrong, Object.keys(runEventData));
  throw refusal('request.invalid', [
    {
      pointer: '/type',
      detail: `there is no run event ${wrong.slice(0, 64)}`,
      ...(suggestion !== undefined && { suggestion }),
    },
  ]);
};

/** What is asked for, checked. @throws Failure `request.invalid` */
export const toEventFilter = (asked: FollowedEvents, readCondition: ReadCondition): EventFilter => {
  const { run, filter } = asked;
  const [lists, chains, types] = [several(asked.list), several(asked.chain), several(asked.type)];
  const workflows = several(asked.workflow);
  return {
    ...(run !== undefined && { runId: run.toLowerCase() }),
    ...(lists && { listIds: lists.map((id) => id.toLowerCase()) }),
    ...(chains && { chainIds: chains.map((id) => id.toLowerCase()) }),
    ...(workflows && { workflows }),
    ...(types && { types: readTypes(types) }),
    ...(filter !== undefined && { condition: readCondition(filter) }),
  };
};

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Parameters that take several values, with commas between them or one by one. */
const plural: ReadonlySet<string> = new Set(['list', 'chain', 'workflow', 'type']);

/** The filter of `GET /v1/events`. @throws Failure `request.invalid` */
export const readEventFilter = (query: Query, readCondition: ReadCondition): EventFilter => {
  const entries = Object.entries(query).map(([name, value]) => [
    name,
    plural.has(name) && value !== undefined ? [value].flat().flatMap((text) => text.split(',')) : value,
  ]);
  return toEventFilter(checked(check, Object.fromEntries(entries)), readCondition);
};

const isAmong = (values: readonly string[] | undefined, value: string | undefined): boolean =>
  values === undefined || (value !== undefined && values.includes(value));

/** Whether all events of the event's run are wanted, as far as the filter goes without types and condition. */
export const fitsRun = (filter: EventFilter, event: RunFeedEvent): boolean =>
  (filter.runId === undefined || filter.runId === event.runId) &&
  isAmong(filter.workflows, event.workflow) &&
  isAmong(filter.listIds, event.listId) &&
  isAmong(filter.chainIds, event.chainId);

/** What to listen for, as narrow as the filter allows. */
export const keyOf = ({ runId, listIds, chainIds, workflows }: EventFilter): FeedKey => {
  if (runId !== undefined) return { by: 'run', values: [runId] };
  if (listIds) return { by: 'list', values: listIds };
  if (chainIds) return { by: 'chain', values: chainIds };
  return workflows ? { by: 'workflow', values: workflows } : 'all';
};
