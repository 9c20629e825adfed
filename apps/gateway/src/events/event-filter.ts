import {
  runEventData,
  WorkflowNameSchema,
  compileSchema,
  type RunEventType,
  type RunFeedEvent,
} from '@nightshift/contracts';
import { nearestWord } from '@nightshift/workflow-core';
import { Type } from 'typebox';
import { checked, refusal } from '../door/checked.ts';

/** Which run events somebody wants: those that fit everything given. */
export interface EventFilter {
  runId?: string;
  listId?: string;
  chainId?: string;
  workflow?: string;
  type?: RunEventType;
}

const id = Type.Optional(Type.String({ format: 'uuid' }));
const QuerySchema = Type.Object(
  { run: id, list: id, workflow: Type.Optional(WorkflowNameSchema), type: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
const check = compileSchema(QuerySchema);

const isEventType = (type: string): type is RunEventType => Object.hasOwn(runEventData, type);

/** The filter of `GET /v1/events`. @throws Failure `request.invalid` */
export const readEventFilter = (query: Record<string, string | string[] | undefined>): EventFilter => {
  const { run, list, workflow, type } = checked(check, query);
  if (type !== undefined && !isEventType(type)) {
    const suggestion = nearestWord(type, Object.keys(runEventData));
    throw refusal('request.invalid', [
      {
        pointer: '/type',
        detail: `there is no run event ${type.slice(0, 64)}`,
        ...(suggestion !== undefined && { suggestion }),
      },
    ]);
  }
  return {
    ...(run !== undefined && { runId: run.toLowerCase() }),
    ...(list !== undefined && { listId: list.toLowerCase() }),
    ...(workflow !== undefined && { workflow }),
    ...(type !== undefined && { type }),
  };
};

/** Whether all events of the event's run are wanted, as far as the filter goes without `type`. */
export const fitsRun = (filter: EventFilter, event: RunFeedEvent): boolean =>
  (filter.runId === undefined || filter.runId === event.runId) &&
  (filter.workflow === undefined || filter.workflow === event.workflow) &&
  (filter.listId === undefined || filter.listId === event.listId) &&
  (filter.chainId === undefined || filter.chainId === event.chainId);
