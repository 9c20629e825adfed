export type {
  Bus,
  BusOptions,
  Closable,
  ConsumeInOrderOptions,
  ConsumeOptions,
  ConsumerDeclaration,
  Feed,
  FeedMessage,
  FollowOptions,
  PublishOptions,
  RequestOptions,
  RunningConsumer,
  StreamState,
} from './bus.ts';
export { connectBus } from './connect-bus.ts';
export { publishDeadLetter, type DeadLetter } from './dead-letter.ts';
export type { Delivered, Delivery } from './delivery.ts';
export {
  OnRequest,
  OnStream,
  type StreamHandlerOptions,
  type StrictStreamHandlerOptions,
} from './handler-decorators.ts';
export { JetStreamStrategy, type JetStreamStrategyOptions } from './jetstream-strategy.ts';
export type { MessagingLog } from './messaging-log.ts';
