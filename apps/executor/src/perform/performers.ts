import type { Bus } from '@nightshift/messaging';
import type { Definitions } from '../definitions.ts';
import { makePerformCall } from './call.ts';
import { makePerformData } from './data.ts';
import { makePerformHttp, type PerformHttpDeps } from './http.ts';
import type { Performers } from './performed.ts';
import { makePerformStartList } from './start-list.ts';
import { makePerformStart } from './start.ts';
import { performValue } from './value.ts';
import { performWait } from './wait.ts';

/** One performer for each kind of effect that the core can ask for. */
export const makePerformers = ({
  bus,
  definitions,
  http,
}: {
  bus: Bus;
  definitions: Definitions;
  http: PerformHttpDeps;
}): Performers => ({
  value: performValue,
  data: makePerformData(bus),
  http: makePerformHttp(http),
  wait: performWait,
  start: makePerformStart(definitions),
  startList: makePerformStartList(definitions),
  call: makePerformCall(definitions),
});
