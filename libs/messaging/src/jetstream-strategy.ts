import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus, RunningConsumer } from './bus.ts';
import { JETSTREAM_TRANSPORT, type HandlerExtras } from './handler-decorators.ts';

export interface JetStreamStrategyOptions {
  bus: Bus;
  /** How long `close` waits for handlers in hand; 10 s unless given. */
  graceMs?: number;
  /**
   * When handlers with `order: 'strict'` begin. `on-listen`: with all others. `on-demand`: with `startInOrder`, for an
   * application that gains a leadership first.
   */
  inOrder?: 'on-listen' | 'on-demand';
}

const DEFAULT_GRACE_MS = 10_000;

/** Interceptors turn a handler's result into a stream; without them it stays a promise. */
const settle = async (result: unknown): Promise<unknown> => {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
};

/** Connects Nest's message handlers (`@OnStream`, `@OnRequest`) to the bus. Does not close the bus. */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = JETSTREAM_TRANSPORT;
  // What handlers throw comes back to the bus, so Nest need not log it as well.
  override readonly propagatesEventHandlerErrors = true;
  readonly #bus: Bus;
  readonly #graceMs: number;
  readonly #inOrder: 'on-listen' | 'on-demand';
  #consumers: RunningConsumer[] = [];
  #inOrderConsumers: RunningConsumer[] = [];
  #services: { close(): Promise<void> }[] = [];
  #isListening = false;
  #closing: Promise<void> | undefined;

  constructor({ bus, graceMs = DEFAULT_GRACE_MS, inOrder = 'on-listen' }: JetStreamStrategyOptions) {
    super();
    this.#bus = bus;
    this.#graceMs = graceMs;
    this.#inOrder = inOrder;
  }

  /** Whether every consumer that should be running gets messages now. */
  get isReading(): boolean {
    return (
      this.#isListening &&
      this.#closing === undefined &&
      this.#consumers.every((consumer) => consumer.isReading) &&
      this.#inOrderConsumers.every((consumer) => consumer.isReading)
    );
  }

  listen(callback: (error?: unknown) => void): void {
    this.#listen().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  async #listen(): Promise<void> {
    for (const [pattern, handler] of this.messageHandlers) {
      if (handler.next !== undefined) throw new Error(`two handlers for ${pattern}: a message can be acked once only`);
      const extras = handler.extras as HandlerExtras | undefined;
      if (extras?.kind === 'request') this.#serve(extras.subject, handler);
      else if (extras?.kind === 'stream' && extras.options.order !== 'strict') {
        const { options } = extras;
        this.#consumers.push(this.#bus.consume(options, (payload, delivery) => settle(handler(payload, delivery))));
      }
    }
    if (this.#inOrder === 'on-listen') await this.startInOrder();
    await Promise.all(this.#consumers.map((consumer) => consumer.opened));
    this.#isListening = true;
  }

  #serve(subject: string, handler: MessageHandler): void {
    this.#services.push(
      this.#bus.serve(subject, (body, from) => settle(handler(body, from)), { queue: this.#bus.name }),
    );
  }

  /** Begins to read for handlers with `order: 'strict'`; resolves when their first messages can arrive. Idempotent. */
  async startInOrder(): Promise<void> {
    if (this.#inOrderConsumers.length === 0 && this.#closing === undefined) {
      for (const handler of this.messageHandlers.values()) {
        const extras = handler.extras as HandlerExtras | undefined;
        if (extras?.kind !== 'stream' || extras.options.order !== 'strict') continue;
        const { batch = 1, ...options } = extras.options;
        this.#inOrderConsumers.push(this.#bus.consumeInOrder({ ...options, batch }, (read) => settle(handler(read))));
      }
    }
    await Promise.all(this.#inOrderConsumers.map((consumer) => consumer.opened));
  }

  /** Ends reading for handlers with `order: 'strict'`, waiting for the batch in hand up to the grace time. Idempotent. */
  async stopInOrder(): Promise<void> {
    const consumers = this.#inOrderConsumers;
    this.#inOrderConsumers = [];
    await Promise.all(consumers.map((consumer) => consumer.close(this.#graceMs)));
  }

  /** Takes no more work, lets handlers in hand end up to the grace time, hands back the rest. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([
      ...this.#services.map((service) => service.close()),
      ...this.#consumers.map((consumer) => consumer.close(this.#graceMs)),
      this.stopInOrder(),
    ]);
  }

  override on(): never {
    throw new Error('the JetStream strategy has no events; listen to the bus');
  }

  override unwrap<T>(): T {
    return this.#bus as T;
  }
}
