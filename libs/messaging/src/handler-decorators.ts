import { UseFilters } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { ConsumeOptions, ConsumerDeclaration } from './bus.ts';
import { throughFilter } from './through-filter.ts';

/** Marks handlers that belong to the JetStream strategy and to no other transport of the application. */
export const JETSTREAM_TRANSPORT = Symbol('jetstream');

/** Several at a time, in any order: the handler gets `(payload, delivery)`. */
export interface StreamHandlerOptions extends ConsumeOptions {
  order?: undefined;
}

/** One batch after the other, in stream order: the handler gets `(batch)`, an array of `{ payload, delivery }`. */
export interface StrictStreamHandlerOptions extends ConsumerDeclaration {
  order: 'strict';
  /** The most messages of one batch; 1 unless given. */
  batch?: number;
}

export type HandlerExtras =
  { kind: 'stream'; options: StreamHandlerOptions | StrictStreamHandlerOptions } | { kind: 'request'; subject: string };

/**
 * Nest hands a handler only its payload unless told otherwise, and resolves parameters one by one when told with parameter
 * decorators. An empty declaration makes it pass on what the strategy passes, which is also the cheapest.
 */
const passArguments: MethodDecorator = (target, key) => {
  if (!Reflect.hasMetadata(ROUTE_ARGS_METADATA, target.constructor, key)) {
    Reflect.defineMetadata(ROUTE_ARGS_METADATA, {}, target.constructor, key);
  }
};

const handler =
  (pattern: MethodDecorator): MethodDecorator =>
  (target, key, descriptor) => {
    passArguments(target, key, descriptor);
    UseFilters(throughFilter)(target, key, descriptor);
    return pattern(target, key, descriptor);
  };

/**
 * Handles the messages of a durable consumer. Resolved: acked. Rejected with a `Failure`: tried again or put aside as its code
 * says; with anything else: tried again.
 */
export const OnStream = (options: StreamHandlerOptions | StrictStreamHandlerOptions): MethodDecorator =>
  handler(
    EventPattern<string>(`${options.stream.name}/${options.consumer}`, JETSTREAM_TRANSPORT, {
      kind: 'stream',
      options,
    } satisfies HandlerExtras),
  );

/** Answers requests on a subject, in one replica of the application each. What it resolves to is the answer; a `Failure` is a refusal. */
export const OnRequest = (subject: string): MethodDecorator =>
  handler(MessagePattern(subject, JETSTREAM_TRANSPORT, { kind: 'request', subject } satisfies HandlerExtras));
