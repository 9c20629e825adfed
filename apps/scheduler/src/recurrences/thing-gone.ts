import { asFailure, requests, type DataAnswer, type DataRequest, type RecurrenceBody } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { FaultLog } from '../loops/fault-log.ts';

export interface IsThingGoneDeps {
  bus: Pick<Bus, 'request'>;
  faults: FaultLog;
}

/** Whether the thing that a recurrence belongs to is no longer there. @throws Failure `data.unavailable` */
export type IsThingGone = (spec: RecurrenceBody) => Promise<boolean>;

/** Longer keeps other recurrences waiting for a data service that is away; it is asked again at the next look. */
const TIMEOUT_MS = 2_000;

/** Asks the data service, which is the one to know. A type that is no longer there has no things. */
export const makeIsThingGone =
  ({ bus, faults }: IsThingGoneDeps): IsThingGone =>
  async ({ thing }) => {
    if (thing === undefined) return false;
    const request: DataRequest = { action: 'get', type: thing.type, id: thing.id };
    try {
      const found = await bus.request<DataAnswer>(requests.data, request, {
        timeoutMs: TIMEOUT_MS,
        unavailable: 'data.unavailable',
      });
      faults.answered('data.unavailable');
      return found === null;
    } catch (error) {
      if (asFailure(error).code === 'type.not_found') return true;
      throw error;
    }
  };
