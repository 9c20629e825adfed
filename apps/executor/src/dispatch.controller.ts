import { Controller, Inject } from '@nestjs/common';
import { consumers, DISPATCH_LANES, streams, subjects, type Dispatch } from '@nightshift/contracts';
import { OnStream, type Delivery } from '@nightshift/messaging';
import { asDelivered, type AdvanceRun } from './advance-run.ts';

export const ADVANCE_RUN = Symbol('advance run');

/** How soon somebody else gets a dispatch whose executor died. Its runs stand still for as long. */
const ACK_WAIT_MS = 3_000;

/** The runs of a platform that is away come again for about a day before they are put aside; the reconciler goes on for ever. */
const MAX_DELIVERIES = 1_000;

/** Runs that this process moves at once. Fewer leave the processor idle while commits reach the disk; more cost memory. */
const CONCURRENCY = 256;

/** Durable handler of `NS_DISPATCH`: acked when all that happened to the run is in the ledger. */
@Controller()
export class DispatchController {
  readonly #advanceRun: AdvanceRun;

  constructor(@Inject(ADVANCE_RUN) advanceRun: AdvanceRun) {
    this.#advanceRun = advanceRun;
  }

  @OnStream({
    stream: streams.dispatch,
    consumer: consumers.executor,
    filterSubject: subjects.dispatch,
    lanes: Array.from({ length: DISPATCH_LANES }, (_, lane) => ({
      consumer: consumers.executorLane(lane),
      filterSubject: subjects.dispatchLane(lane),
    })),
    concurrency: CONCURRENCY,
    ackWaitMs: ACK_WAIT_MS,
    maxDeliver: MAX_DELIVERIES,
  })
  advance(dispatch: Dispatch, { deliveryCount }: Pick<Delivery, 'deliveryCount'>): Promise<void> {
    return this.#advanceRun(asDelivered(dispatch, deliveryCount));
  }
}
