import { Controller, Inject } from '@nestjs/common';
import { consumers, streams } from '@nightshift/contracts';
import { OnStream, type Delivered } from '@nightshift/messaging';
import type { HandleChanges } from './handle-changes.ts';

export const HANDLE_CHANGES = Symbol('handle changes');

/** Larger makes the first change of a full batch later; smaller costs more commits while the service catches up. */
const BATCH = 500;
const ACK_WAIT_MS = 30_000;

/** Durable handler of `NS_CHANGES`: a batch is acked when every run that it starts is in the ledger. */
@Controller()
export class ChangesController {
  readonly #handleChanges: HandleChanges;

  constructor(@Inject(HANDLE_CHANGES) handleChanges: HandleChanges) {
    this.#handleChanges = handleChanges;
  }

  @OnStream({
    stream: streams.changes,
    consumer: consumers.trigger,
    order: 'strict',
    batch: BATCH,
    ackWaitMs: ACK_WAIT_MS,
  })
  handle(batch: Delivered[]): Promise<void> {
    return this.#handleChanges(batch);
  }
}
