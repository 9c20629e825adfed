import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

const hasCode = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;

export const isStreamMissing = (error: unknown): boolean => hasCode(error, JetStreamApiCodes.StreamNotFound);
export const isConsumerMissing = (error: unknown): boolean => hasCode(error, JetStreamApiCodes.ConsumerNotFound);
/** The stream exists with another configuration. */
export const isStreamDifferent = (error: unknown): boolean => hasCode(error, 10058);
/** The consumer exists with another configuration. */
export const isConsumerDifferent = (error: unknown): boolean => hasCode(error, 10148);
