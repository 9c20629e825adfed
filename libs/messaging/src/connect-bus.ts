import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Failure } from '@nightshift/contracts';
import type { Bus, BusOptions } from './bus.ts';
import { consumeInOrder } from './consume-in-order.ts';
import { consume } from './consume.ts';
import { follow } from './follow.ts';
import type { Link } from './link.ts';
import { silentLog } from './messaging-log.ts';
import { makePublisher } from './publisher.ts';
import { request } from './request.ts';
import { serve } from './serve.ts';
import { parseServerList } from './server-list.ts';
import { makeStreamKeeper } from './stream-keeper.ts';
import { deleteMessage, getMessage, readStream } from './stored-messages.ts';
import { consumerFloor, oldestUndelivered, streamState } from './stream-state.ts';

const DIAL_TIMEOUT_MS = 5_000;
/** Shorter hammers a server that restarts; longer leaves work lying. With a jitter of as much again. */
const RECONNECT_WAIT_MS = 150;
/** A peer that vanished without closing is noticed after three of these. */
const PING_INTERVAL_MS = 10_000;
const API_TIMEOUT_MS = 5_000;
const DEFAULT_PUBLISH_WINDOW = 8_192;
/** How long `close` waits for acks that are still out. */
const CLOSE_FLUSH_MS = 3_000;

const listeners = () => {
  const all = new Set<() => void>();
  return {
    add: (listener: () => void) => {
      all.add(listener);
      return () => void all.delete(listener);
    },
    call: () => {
      for (const listener of [...all]) listener();
    },
  };
};

/**
 * Connects to NATS. Resolves when connected.
 * @throws Failure `messaging.unavailable` when no server can be reached or the credentials are refused
 */
export const connectBus = async (options: BusOptions): Promise<Bus> => {
  const { name, log = silentLog, replicas = 1, publishWindow = DEFAULT_PUBLISH_WINDOW } = options;
  const disconnects = listeners();
  const reconnects = listeners();
  const abandons = new Set<() => void>();
  let isConnected = true;
  let closing: Promise<void> | undefined;

  let nc: NatsConnection;
  let manager: JetStreamManager;
  try {
    nc = await connect({
      ...parseServerList(options.url),
      name,
      timeout: DIAL_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      ignoreAuthErrorAbort: true,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      // A stack trace per request costs more than the request.
      noAsyncTraces: true,
    });
    manager = await jetstreamManager(nc, { checkAPI: false, timeout: API_TIMEOUT_MS });
  } catch (cause) {
    throw new Failure('messaging.unavailable', { cause });
  }

  const lost = (): Failure => new Failure('messaging.unavailable', { detail: 'The connection is lost.' });

  const ask: Link['ask'] = (call) =>
    new Promise((resolve, reject) => {
      if (!isConnected) return reject(lost());
      const abandon = (): void => reject(lost());
      abandons.add(abandon);
      call(manager)
        .then(resolve, reject)
        .finally(() => abandons.delete(abandon));
    });

  const keeper = makeStreamKeeper(ask, replicas);
  const link: Link = {
    nc,
    log,
    isConnected: () => isConnected,
    sendPending: () => publisher.sendPending(),
    ask,
    ensureStream: (declaration) => keeper.ensure([declaration]),
    onDisconnect: disconnects.add,
    onReconnect: reconnects.add,
  };

  const watch = async (): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') {
        if (isConnected) log.warn({ server: status.server }, 'connection to the message server lost');
        isConnected = false;
        for (const abandon of abandons) abandon();
        disconnects.call();
      } else if (status.type === 'reconnect') {
        isConnected = true;
        log.warn({ server: status.server }, 'connection to the message server is back');
        reconnects.call();
      } else if (status.type === 'error') {
        log.error({ err: status.error }, 'the message server refused something');
      }
    }
  };
  void watch();

  const publisher = makePublisher({ link, publishWindow, restoreStreams: keeper.restore });
  // Whoever only publishes or listens needs the streams back as well.
  reconnects.add(() => {
    keeper.restore().catch((error: unknown) => log.warn({ err: error }, 'streams cannot be put in place yet'));
  });

  /** What still reads when the bus is closed: a forgotten reader must not keep the process alive. */
  const readers = new Set<(graceMs: number) => Promise<void>>();
  const untilClosed = <R extends { close(graceMs: number): Promise<void> }>(reader: R): R => {
    const closeReader = reader.close;
    readers.add(closeReader);
    reader.close = (graceMs) => {
      readers.delete(closeReader);
      return closeReader(graceMs);
    };
    return reader;
  };

  const close = async (): Promise<void> => {
    await Promise.all([...readers].map((closeReader) => closeReader(0)));
    if (isConnected) {
      let timer: NodeJS.Timeout | undefined;
      const bound = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_FLUSH_MS)));
      await Promise.race([publisher.flush(), bound]);
      clearTimeout(timer);
    }
    publisher.sendPending();
    publisher.close();
    const wasConnected = isConnected;
    // From here on the client refuses what is sent; nobody is to try.
    isConnected = false;
    for (const abandon of abandons) abandon();
    if (wasConnected) await nc.drain().catch(() => nc.close());
    else await nc.close();
  };

  const bus: Bus = {
    name,
    get isConnected() {
      return isConnected;
    },
    ensureStreams: keeper.ensure,
    publish: publisher.publish,
    flush: publisher.flush,
    whenWritable: publisher.whenWritable,
    request: (subject, body, requestOptions) => request(link, subject, body, requestOptions),
    serve: (subject, handler, serveOptions) => serve(link, subject, handler, serveOptions),
    send: (subject, body) => {
      publisher.send(subject, JSON.stringify(body));
    },
    sendText: (subject, text) => {
      publisher.send(subject, text);
    },
    subscribe: (subject, handler, subscribeOptions) => {
      const subscription = nc.subscribe(subject, {
        ...(subscribeOptions?.queue !== undefined && { queue: subscribeOptions.queue }),
        callback: (error, message) => {
          if (error !== null) return log.error({ err: error, subject }, 'a subject is not heard');
          try {
            handler(message.json(), message.subject);
          } catch (failed) {
            log.error({ err: failed, subject: message.subject }, 'a listener failed');
          }
        },
      });
      return { close: () => subscription.unsubscribe() };
    },
    follow: async (stream, followOptions) => untilClosed(await follow(link, stream, followOptions)),
    consume: (consumeOptions, handle) => untilClosed(consume(link, bus, consumeOptions, handle)),
    consumeInOrder: (consumeOptions, handle) => untilClosed(consumeInOrder(link, consumeOptions, handle)),
    streamState: (stream) => streamState(link, stream),
    consumerFloor: (stream, consumer) => consumerFloor(link, stream, consumer),
    oldestUndelivered: (stream, ...named) => oldestUndelivered(link, stream, named),
    readStream: (stream, range) => readStream(link, stream, range),
    getMessage: (stream, sequence) => getMessage(link, stream, sequence),
    deleteMessage: (stream, sequence) => deleteMessage(link, stream, sequence),
    onReconnect: reconnects.add,
    close: () => (closing ??= close()),
  };
  return bus;
};
