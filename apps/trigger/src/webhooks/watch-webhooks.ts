import { signals, streams, subjects, type RunFeedEvent } from '@nightshift/contracts';
import type { Ledger, Webhook } from '@nightshift/ledger';
import type { Bus, Closable, Feed, FeedMessage } from '@nightshift/messaging';
import { makeLoop, type Logger } from '@nightshift/runtime';
import type { LookThroughLedger } from './look-through-ledger.ts';
import type { QueueDeliveries, Told } from './queue-deliveries.ts';
import { compileWebhook, type CompiledWebhook } from './wants-event.ts';

/** Finds what webhooks are to be told, in the one replica that leads. */
export interface WatchWebhooks {
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface WatchWebhooksDeps {
  ledger: { webhooks: Pick<Ledger['webhooks'], 'all'> };
  bus: Pick<Bus, 'follow' | 'subscribe'>;
  queueDeliveries: QueueDeliveries;
  lookThroughLedger: LookThroughLedger;
  logger: Pick<Logger, 'warn' | 'error'>;
}

/** How late an event is found that the feed did not bring. Shorter, and pages of the last minute are read more often for nothing. */
const LOOK_EVERY_MS = 20_000;

/** What the feed may be ahead of the ledger. The rest is found in the ledger. */
const MOST_WAITING = 10_000;

/**
 * The feed brings events at once, and may lose any of them; the ledger has all, and is looked through again and again, a minute back.
 * Both find the same delivery, for its id is derived from the event. Without any webhook neither is read.
 */
export const makeWatchWebhooks = (deps: WatchWebhooksDeps): WatchWebhooks => {
  const { ledger, bus, queueDeliveries, lookThroughLedger, logger } = deps;
  let isWatching = false;
  let webhooks: CompiledWebhook[] = [];
  let hearing: Closable | undefined;
  let feed: { types: string; reading: Feed } | undefined;
  let waiting: Told[] = [];
  let following: Promise<void> | undefined;
  let queueing: Promise<void> | undefined;

  const compile = (webhook: Webhook): CompiledWebhook[] => {
    try {
      return [compileWebhook(webhook)];
    } catch (error) {
      logger.error({ err: error, webhook: webhook.name }, 'the filter of a webhook does not compile');
      return [];
    }
  };

  const queueWaiting = async (): Promise<void> => {
    while (waiting.length > 0 && isWatching) {
      const events = waiting;
      waiting = [];
      try {
        await queueDeliveries(webhooks, events, 'feed');
      } catch (error) {
        // They are in the ledger: the next look finds them.
        logger.warn({ err: error, events: events.length }, 'deliveries cannot be kept yet');
      }
    }
  };

  const onMessage = ({ text }: FeedMessage): void => {
    const event = readEvent(text);
    if (event === undefined || waiting.length >= MOST_WAITING) return;
    waiting.push({ event });
    queueing ??= queueWaiting().finally(() => (queueing = undefined));
  };

  const follow = async (): Promise<void> => {
    const types = [...new Set(webhooks.flatMap((webhook) => [...webhook.types]))].sort();
    if (feed?.types === types.join()) return;
    await unfollow();
    if (types.length === 0) return;
    const filterSubjects = types.map((event) => subjects.runEvents({ event }));
    const reading = await bus.follow(streams.runEvents, {
      from: 'new',
      filterSubjects,
      onMessage,
      onReset: () => loop.wake(),
    });
    feed = { types: types.join(), reading };
    if (!isWatching) await unfollow();
  };

  /** Takes as long as the message server is away; the ledger is looked through meanwhile. */
  const keepFollowing = (): void => {
    following ??= follow()
      .catch((error: unknown) => logger.warn({ err: error }, 'no run events are heard yet'))
      .finally(() => (following = undefined));
  };

  const unfollow = async (): Promise<void> => {
    const { reading } = feed ?? {};
    feed = undefined;
    await reading?.close();
  };

  const loop = makeLoop({
    turn: async () => {
      webhooks = (await ledger.webhooks.all()).flatMap(compile);
      keepFollowing();
      if (webhooks.length > 0) await lookThroughLedger(webhooks, () => isWatching);
      return LOOK_EVERY_MS;
    },
    restMs: LOOK_EVERY_MS,
    onFault: (error) => logger.warn({ err: error }, 'what webhooks are to be told cannot be looked for yet'),
  });

  return {
    start: () => {
      isWatching = true;
      hearing = bus.subscribe(signals.webhooks, loop.wake);
      loop.start();
    },
    stop: async () => {
      isWatching = false;
      hearing?.close();
      await loop.stop();
      if (following === undefined) await unfollow().catch(() => {});
      await queueing;
      waiting = [];
    },
  };
};

/** Undefined for what is no run event: somebody else wrote to the stream. */
const readEvent = (text: string): RunFeedEvent | undefined => {
  try {
    const event = JSON.parse(text) as RunFeedEvent | null;
    return typeof event?.runId === 'string' && typeof event.version === 'number' ? event : undefined;
  } catch {
    return undefined;
  }
};
