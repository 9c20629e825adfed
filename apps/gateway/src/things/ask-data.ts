import {
  requests,
  type DataAnswer,
  type DataRequest,
  type VersionedAnswer,
  type VersionedRequest,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

/** Longer than the data service allows a statement, so that it is the one to say what was slow. */
const TIMEOUT_MS = 15_000;

/** Asks the data service. @throws Failure `data.unavailable`, or what the data service refuses with */
export type AskData = <Answer extends DataAnswer>(request: DataRequest) => Promise<Answer>;

export const makeAskData =
  ({ bus }: { bus: Pick<Bus, 'request'> }): AskData =>
  (request) =>
    bus.request(requests.data, request, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });

/** Waits as long as the data service may take for very many things, and a moment for its answer. */
export const makeAskBulk =
  ({ bus, timeoutMs }: { bus: Pick<Bus, 'request'>; timeoutMs: number }): AskData =>
  (request) =>
    bus.request(requests.bulk, request, { timeoutMs: timeoutMs + TIMEOUT_MS, unavailable: 'data.unavailable' });

/** Asks about one thing and for its version. */
export type AskVersioned = (request: DataRequest, ifVersion?: string[]) => Promise<VersionedAnswer>;

export const makeAskVersioned =
  ({ bus }: { bus: Pick<Bus, 'request'> }): AskVersioned =>
  (request, ifVersion) => {
    const versioned: VersionedRequest = { request, ...(ifVersion !== undefined && { ifVersion }) };
    return bus.request(requests.versioned, versioned, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });
  };
